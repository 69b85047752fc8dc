import type { ParkedRequest } from '../ports/journal.ts';

/** A request between two legs, with what only this process knows of it. */
export interface ParkedExchange {
  readonly parked: ParkedRequest;
  /** Reading of its pool's meter, which runs on: the container does too. `null` after a restart. */
  readonly meterReading: number | null;
  /** Status of the last leg: 303, or 408 when Modal asked to come again. */
  readonly lastStatus: number;
}

/** Modal follows a call for 20 redirects. */
export const MAX_HOPS = 20;
const PARAMETER = '__modal_function_call_id=';

/**
 * Requests that Modal answered with 303 after 150 s and that wait for their client to come back with the
 * call's id. What does not come back in time is given to `expired`.
 */
export class RedirectChains {
  readonly #graceMs: number;
  readonly #expired: (exchange: ParkedExchange) => void;
  readonly #waiting = new Map<string, { exchange: ParkedExchange; timer: NodeJS.Timeout }>();

  constructor(graceMs: number, expired: (exchange: ParkedExchange) => void) {
    this.#graceMs = graceMs;
    this.#expired = expired;
  }

  get size(): number {
    return this.#waiting.size;
  }

  park(exchange: ParkedExchange, graceMs: number = this.#graceMs): void {
    const key = keyOf(exchange.parked.request.endpoint, exchange.parked.functionCallId);
    const earlier = this.join(exchange.parked.request.endpoint, exchange.parked.functionCallId);
    // Two requests followed one call; only the later can be continued.
    if (earlier !== null) this.#expired(earlier);
    const timer = setTimeout(() => {
      this.#waiting.delete(key);
      this.#expired(exchange);
    }, graceMs);
    timer.unref();
    this.#waiting.set(key, { exchange, timer });
  }

  /** The parked request that a follow-up continues; it is parked no longer. */
  join(endpoint: string, functionCallId: string): ParkedExchange | null {
    const key = keyOf(endpoint, functionCallId);
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
}

/** The call's id in a URL's query, `null` when there is none. */
export function functionCallIdIn(url: string): string | null {
  const at = url.indexOf(PARAMETER);
  const before = url.charCodeAt(at - 1);
  if (at < 1 || (before !== 0x3f && before !== 0x26)) {
    return null;
  }
  const match = /^[A-Za-z0-9_-]{1,64}/.exec(url.slice(at + PARAMETER.length));
  return match?.[0] ?? null;
}

function keyOf(endpoint: string, functionCallId: string): string {
  return `${endpoint}\n${functionCallId}`;
}
