import type { Micros } from '../../../src/core/units.ts';
import type { Clock } from '../../../src/ports/clock.ts';

interface Waiter {
  readonly since: Micros;
  readonly resolve: (entry: LoopEntry) => void;
}

/** The loop read the request after `delayUs`; `expired`: too late, the container answers 408. */
export interface LoopEntry {
  readonly delayUs: Micros;
  readonly expired: boolean;
}

/**
 * A container's event loop under a handler that blocks it. Requests that came meanwhile are read when
 * it is free again, all in the same instant; those that waited longer than the timeout get Modal's 408.
 */
export class EventLoop {
  readonly #clock: Clock;
  readonly #timeoutUs: Micros;
  #blocked = false;
  #waiting: Waiter[] = [];

  constructor(clock: Clock, firstMessageTimeoutUs: Micros) {
    this.#clock = clock;
    this.#timeoutUs = firstMessageTimeoutUs;
  }

  enter(): Promise<LoopEntry> {
    if (!this.#blocked) {
      this.#blocked = true;
      return Promise.resolve({ delayUs: 0, expired: false });
    }
    return new Promise((resolve) => {
      this.#waiting.push({ since: this.#clock.monotonic(), resolve });
    });
  }

  leave(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#blocked = false;
    for (const waiter of waiting) {
      const delayUs = this.#clock.monotonic() - waiter.since;
      if (delayUs >= this.#timeoutUs) waiter.resolve({ delayUs, expired: true });
      else if (this.#blocked) this.#waiting.push(waiter);
      else {
        this.#blocked = true;
        waiter.resolve({ delayUs, expired: false });
      }
    }
  }
}
