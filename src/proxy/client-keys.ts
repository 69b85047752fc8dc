import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ProxyClient } from './proxy-settings.ts';

/** Header for a client key; `Authorization: Bearer` works as well, for clients that can set nothing else. */
export const KEY_HEADER = 'x-tripmeter-key';

export interface KnownClient {
  readonly client: ProxyClient;
  /** The key came as `Authorization`, so that header must not go on to the upstream. */
  readonly inAuthorization: boolean;
}

/** Finds clients by their keys, of which only hashes are kept. */
export class ClientKeys {
  readonly #clients: readonly { client: ProxyClient; digest: Buffer }[];

  /** @throws RangeError when a hash is not 64 hex digits. */
  constructor(clients: readonly ProxyClient[]) {
    this.#clients = clients.flatMap((client) =>
      client.keySha256 === null ? [] : [{ client, digest: digestOf(client) }],
    );
  }

  get isEmpty(): boolean {
    return this.#clients.length === 0;
  }

  /** Compares with every key, each in constant time, so that the time tells nothing. */
  find(headers: IncomingHttpHeaders): KnownClient | null {
    if (this.isEmpty) {
      return null;
    }
    const own = headers[KEY_HEADER];
    if (typeof own === 'string') {
      return this.#match(own, false);
    }
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '');
    return bearer === null ? null : this.#match(bearer[1] ?? '', true);
  }

  #match(key: string, inAuthorization: boolean): KnownClient | null {
    const digest = hash('sha256', key, 'buffer');
    let found: ProxyClient | null = null;
    for (const candidate of this.#clients) {
      if (timingSafeEqual(candidate.digest, digest)) {
        found = candidate.client;
      }
    }
    return found === null ? null : { client: found, inAuthorization };
  }
}

function digestOf({ name, keySha256 }: ProxyClient): Buffer {
  if (keySha256 === null || !/^[0-9a-f]{64}$/i.test(keySha256)) {
    throw new RangeError(`key hash of client ${name} is not 64 hexadecimal digits of SHA-256`);
  }
  return Buffer.from(keySha256, 'hex');
}
