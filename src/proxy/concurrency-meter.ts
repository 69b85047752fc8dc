import type { Micros } from '../core/units.ts';

/**
 * Virtual clock of one container pool. While n requests run, it advances by Δt × ceil(n / maxInputs) / n:
 * each running request's share of the containers that so many requests need. What a request ran is the
 * difference of two readings, at constant cost, however many others came and went meanwhile.
 */
export class ConcurrencyMeter {
  readonly #maxInputs: number;
  #running = 0;
  #reading = 0;
  #at: Micros = 0;

  constructor(maxInputs: number) {
    this.#maxInputs = Math.max(1, maxInputs);
  }

  get running(): number {
    return this.#running;
  }

  /** A request starts to run. @returns the reading to subtract from the one at its end. */
  enter(now: Micros): number {
    this.#advance(now);
    this.#running += 1;
    return this.#reading;
  }

  /** A request stops. @returns its share of container time, in whole microseconds. */
  leave(entered: number, now: Micros): Micros {
    this.#advance(now);
    this.#running -= 1;
    return Math.max(0, Math.round(this.#reading - entered));
  }

  /** What a running request's share amounts to so far. */
  soFar(entered: number, now: Micros): Micros {
    this.#advance(now);
    return Math.max(0, Math.round(this.#reading - entered));
  }

  /** Containers per running request at this moment: what one second costs each of them. */
  share(): number {
    const running = Math.max(1, this.#running);
    return Math.ceil(running / this.#maxInputs) / running;
  }

  #advance(now: Micros): void {
    if (this.#running > 0 && now > this.#at) {
      this.#reading += (now - this.#at) * this.share();
    }
    this.#at = Math.max(this.#at, now);
  }
}
