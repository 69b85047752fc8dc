import type { Micros } from '../core/units.ts';

/**
 * Modal's wrapper answers 408 "Missing request" from inside the container when the application's event
 * loop leaves a request unread for 5 s. All such requests are let go at the moment the loop is freed, which
 * is also when the request that blocked it ends: so a 408 within 50 ms of another end is that case.
 */
export class EventLoopBlocked {
  #lastEndUs = Number.NEGATIVE_INFINITY;
  #waiting = new Set<() => void>();

  /** A request of this endpoint has ended upstream. */
  noteEnd(now: Micros): void {
    this.#lastEndUs = now;
    if (this.#waiting.size > 0) {
      const waiting = this.#waiting;
      this.#waiting = new Set();
      for (const resolve of waiting) {
        resolve();
      }
    }
  }

  /**
   * Notes the end of a request that got a 408, and answers whether it is of that kind. The other end may be
   * about to come: the answer waits for it, but no longer than the window, and only while others run.
   */
  diagnose(now: Micros, othersRunning: boolean, answer: (blocked: boolean) => void): void {
    const blocked = now - this.#lastEndUs <= WINDOW_US;
    this.noteEnd(now);
    if (blocked || !othersRunning) {
      answer(blocked);
      return;
    }
    const timer = setTimeout(() => {
      this.#waiting.delete(resolve);
      answer(false);
    }, WINDOW_US / 1_000);
    const resolve = (): void => {
      clearTimeout(timer);
      answer(true);
    };
    this.#waiting.add(resolve);
  }
}

const WINDOW_US: Micros = 50_000;
