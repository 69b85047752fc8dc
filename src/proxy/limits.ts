import type { Micros } from '../core/units.ts';
import type { ProxyClient } from './proxy-settings.ts';

const MICROS_PER_MINUTE = 60_000_000;

/** `null` when the request may go on, else why not and when to try again. */
export interface LimitReached {
  readonly limit: string;
  readonly retryAfterSeconds: number;
}

/**
 * A client's limits: a token bucket that holds a minute's requests, and a count of running ones.
 * A limit that is `null` does not apply.
 */
export class ClientLimits {
  readonly #client: ProxyClient;
  #tokens: number;
  #refilledAt: Micros;
  #running = 0;

  constructor(client: ProxyClient, now: Micros) {
    this.#client = client;
    this.#tokens = client.requestsPerMinute ?? 0;
    this.#refilledAt = now;
  }

  /** Takes a place; `leave` gives it back. */
  enter(now: Micros): LimitReached | null {
    const { concurrency, requestsPerMinute } = this.#client;
    if (concurrency !== null && this.#running >= concurrency) {
      return { limit: `${concurrency} requests at once`, retryAfterSeconds: 1 };
    }
    if (requestsPerMinute !== null) {
      const waitUs = this.#takeToken(now, requestsPerMinute);
      if (waitUs > 0) {
        const retryAfterSeconds = Math.max(1, Math.ceil(waitUs / 1_000_000));
        return { limit: `${requestsPerMinute} requests a minute`, retryAfterSeconds };
      }
    }
    this.#running += 1;
    return null;
  }

  leave(): void {
    this.#running -= 1;
  }

  /** @returns 0 when a token was there, else the time until one is. */
  #takeToken(now: Micros, perMinute: number): Micros {
    const refill = ((now - this.#refilledAt) * perMinute) / MICROS_PER_MINUTE;
    this.#tokens = Math.min(perMinute, this.#tokens + refill);
    this.#refilledAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return ((1 - this.#tokens) * MICROS_PER_MINUTE) / perMinute;
  }
}
