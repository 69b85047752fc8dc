import type { IncomingHttpHeaders } from 'node:http';
import type { Micros } from '../core/units.ts';
import { ClientKeys, KEY_HEADER } from './client-keys.ts';
import { ClientLimits } from './limits.ts';
import type { Problem } from './problem.ts';
import type { ProxySettings } from './proxy-settings.ts';

/** A request that may go on. */
export interface Admitted {
  /** Name of the authenticated client. */
  readonly client: string | null;
  /** The `Authorization` header was a client key, and is not the upstream's. */
  readonly keyInAuthorization: boolean;
  /** Gives the client's place back. */
  readonly leave: () => void;
}

export interface Refused {
  readonly problem: Problem;
  readonly client: string | null;
}

const nothing = (): void => {};

/** Decides at the door: key, budget, rate and concurrency. No step of it waits for anything. */
export class Admission {
  readonly #settings: Pick<ProxySettings, 'clients' | 'requireKey' | 'budget'>;
  readonly #keys: ClientKeys;
  readonly #limits: ReadonlyMap<string, ClientLimits>;

  constructor(settings: Pick<ProxySettings, 'clients' | 'requireKey' | 'budget' | 'clock'>) {
    this.#settings = settings;
    this.#keys = new ClientKeys(settings.clients);
    const now = settings.clock.monotonic();
    this.#limits = new Map(
      settings.clients.map((client) => [client.name, new ClientLimits(client, now)]),
    );
  }

  /** @param claimed name that the caller gives itself: counted, never trusted where keys are required. */
  admit(
    headers: IncomingHttpHeaders,
    endpoint: string,
    claimed: string | null,
    now: Micros,
  ): Admitted | Refused {
    const known = this.#keys.find(headers);
    if (known === null && this.#settings.requireKey) {
      return { problem: unauthorized(), client: null };
    }
    const client = known?.client.name ?? this.#unlessKeyed(claimed);
    if (this.#settings.budget(client, endpoint) === 'refuse') {
      return { problem: overBudget(client, endpoint), client };
    }
    const limits = client === null ? undefined : this.#limits.get(client);
    if (limits === undefined) {
      return { client, keyInAuthorization: known?.inAuthorization ?? false, leave: nothing };
    }
    const reached = limits.enter(now);
    if (reached !== null) {
      return { problem: limited(client, reached.limit, reached.retryAfterSeconds), client };
    }
    return {
      client,
      keyInAuthorization: known?.inAuthorization ?? false,
      leave: () => limits.leave(),
    };
  }

  /** A name that belongs to a key cannot be claimed without it. */
  #unlessKeyed(claimed: string | null): string | null {
    const known = this.#settings.clients.find(({ name }) => name === claimed);
    return known === undefined || known.keySha256 === null ? claimed : null;
  }
}

function unauthorized(): Problem {
  return {
    status: 401,
    title: 'Unauthorized',
    cause: 'this tripmeter asks for a client key, and the request has no known one',
    fix: `Send the key as "${KEY_HEADER}: KEY" or "Authorization: Bearer KEY".`,
    errorClass: 'unauthorized',
    headers: ['WWW-Authenticate', 'Bearer realm="tripmeter"'],
  };
}

function overBudget(client: string | null, endpoint: string): Problem {
  const whose =
    client === null ? `endpoint ${endpoint}` : `client ${client} (endpoint ${endpoint})`;
  return {
    status: 402,
    title: 'Payment Required',
    cause: `the monthly budget of ${whose} is used up, and it is set to refuse`,
    fix: 'Raise the budget, set it to notify, or wait for the next month.',
    errorClass: 'budget_exceeded',
  };
}

function limited(client: string | null, limit: string, retryAfterSeconds: number): Problem {
  return {
    status: 429,
    title: 'Too Many Requests',
    cause: `client ${client} has reached its limit of ${limit}`,
    fix: 'Slow down, or raise the limit in the configuration of the client.',
    errorClass: 'rate_limited',
    headers: ['Retry-After', String(retryAfterSeconds)],
  };
}
