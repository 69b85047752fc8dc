import type { Micros } from '../core/units.ts';
import type { ParkedRequest } from '../ports/journal.ts';
import type { Ending } from './end-of-request.ts';
import type { Progress } from './progress.ts';
import type { ProxyClient } from './proxy-settings.ts';

/** A request between two legs, with what only this process knows of it. */
export interface ParkedExchange {
  readonly parked: ParkedRequest;
  /** Monotonic reading at the request's start; `null` after a restart, when only the wall clock knows. */
  readonly startedUs: Micros | null;
  /** Reading of its pool's meter, which runs on: the container does too. `null` after a restart. */
  readonly meterReading: number | null;
  /** Container time that is not in that reading: what an earlier process had measured. */
  readonly execBeforeUs: Micros | null;
  /** Status of the last leg that had one: 303, or 408 when Modal asked to come again. */
  readonly lastStatus: number;
  /** How the last leg broke, and how the request ends when nobody comes back; `null` when it was answered. */
  readonly broken: BrokenLeg | null;
}

/** A leg that asked for a known call and did not get its whole answer: the call runs on, and can be asked for again. */
export interface BrokenLeg {
  readonly ending: Ending;
  readonly progress: Progress;
}

/** A request that an earlier process parked: of what only memory holds, nothing is known. */
export function resumedExchange(parked: ParkedRequest): ParkedExchange {
  return {
    parked,
    startedUs: null,
    meterReading: null,
    execBeforeUs: null,
    lastStatus: 303,
    broken: null,
  };
}

/**
 * Requests that Modal answered with 303 after 150 s, or whose wait for the call broke off, and that wait for
 * their client to come back with the call's id. What does not come back in time is given to `expired`.
 */
export class RedirectChains {
  readonly #graceMs: number;
  /** Names that only a key gives: nobody else goes on with what they began. */
  readonly #keyed: ReadonlySet<string>;
  readonly #expired: (exchange: ParkedExchange) => void;
  readonly #waiting = new Map<string, { exchange: ParkedExchange; timer: NodeJS.Timeout }>();

  constructor(
    graceMs: number,
    clients: readonly Pick<ProxyClient, 'name' | 'keySha256'>[],
    expired: (exchange: ParkedExchange) => void,
  ) {
    this.#graceMs = graceMs;
    this.#keyed = new Set(
      clients.filter(({ keySha256 }) => keySha256 !== null).map(({ name }) => name),
    );
    this.#expired = expired;
  }

  get size(): number {
    return this.#waiting.size;
  }

  park(exchange: ParkedExchange): void {
    const { request, functionCallId } = exchange.parked;
    const key = this.#keyOf(request.endpoint, functionCallId, request.client);
    const earlier = this.join(request.endpoint, functionCallId, request.client);
    // Two requests followed one call; only the later can be continued.
    if (earlier !== null) this.#expired(earlier);
    const timer = setTimeout(() => {
      this.#waiting.delete(key);
      this.#expired(exchange);
    }, this.#graceMs);
    timer.unref();
    this.#waiting.set(key, { exchange, timer });
  }

  /**
   * The parked request that a follow-up continues; it is parked no longer. `null` when there is none of this client:
   * whoever has another's call id asks for it on an account of its own.
   */
  join(endpoint: string, functionCallId: string, client: string | null): ParkedExchange | null {
    const key = this.#keyOf(endpoint, functionCallId, client);
    const found = this.#waiting.get(key);
    if (found === undefined) {
      return null;
    }
    clearTimeout(found.timer);
    this.#waiting.delete(key);
    return found.exchange;
  }

  /** Forgets the timers; what is parked stays parked in the journal, for the next process. */
  close(): void {
    for (const { timer } of this.#waiting.values()) {
      clearTimeout(timer);
    }
    this.#waiting.clear();
  }

  /** A name without a key is a mere claim, which a follow-up need not repeat. */
  #keyOf(endpoint: string, functionCallId: string, client: string | null): string {
    const owner = client !== null && this.#keyed.has(client) ? client : '';
    return `${endpoint}\n${functionCallId}\n${owner}`;
  }
}
