import type { Micros } from '../core/units.ts';
import type { ConcurrencyMeter } from './concurrency-meter.ts';

/** One request's share of its pool's container time, from the first leg to the last. */
export class PoolTime {
  readonly #meter: ConcurrencyMeter;
  /** What an earlier process had measured of it; `null` when there was none. */
  readonly base: Micros | null;
  #reading: number | null;

  /** @param reading of a request that has been running on between two legs, else `null`. */
  constructor(meter: ConcurrencyMeter, reading: number | null, base: Micros | null) {
    this.#meter = meter;
    this.#reading = reading;
    this.base = base;
  }

  get reading(): number | null {
    return this.#reading;
  }

  start(now: Micros): void {
    this.#reading ??= this.#meter.enter(now);
  }

  /** `null` while nothing has run. */
  soFar(now: Micros): Micros | null {
    const { base } = this;
    return this.#reading === null ? base : (base ?? 0) + this.#meter.soFar(this.#reading, now);
  }

  /** @param runsOn how much longer the upstream is taken to have run, at the present share. */
  stop(now: Micros, runsOn: Micros): Micros | null {
    if (this.#reading === null) {
      return this.base;
    }
    const share = this.#meter.share();
    const exec = this.#meter.leave(this.#reading, now);
    this.#reading = null;
    return (this.base ?? 0) + exec + Math.round(runsOn * share);
  }
}
