import type { Micros } from '../core/units.ts';
import type { ConcurrencyMeter } from './concurrency-meter.ts';

/** One request's share of its pool's container time, from the first leg to the last. */
export class PoolTime {
  readonly #meter: ConcurrencyMeter;
  /** What an earlier process had measured of it. */
  readonly #base: Micros;
  #reading: number | null;

  /** @param reading of a request that has been running on between two legs, else `null`. */
  constructor(meter: ConcurrencyMeter, reading: number | null, base: Micros) {
    this.#meter = meter;
    this.#reading = reading;
    this.#base = base;
  }

  get reading(): number | null {
    return this.#reading;
  }

  start(now: Micros): void {
    this.#reading ??= this.#meter.enter(now);
  }

  /** `null` while nothing has run. */
  soFar(now: Micros): Micros | null {
    return this.#reading === null ? null : this.#base + this.#meter.soFar(this.#reading, now);
  }

  /** @param runsOn how much longer the upstream is taken to have run, at the present share. */
  stop(now: Micros, runsOn: Micros): Micros | null {
    if (this.#reading === null) {
      return null;
    }
    const share = this.#meter.share();
    const exec = this.#meter.leave(this.#reading, now);
    this.#reading = null;
    return this.#base + exec + Math.round(runsOn * share);
  }
}
