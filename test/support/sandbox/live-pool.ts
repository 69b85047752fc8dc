import type { Clock } from '../../../src/ports/clock.ts';
import { type Container, ContainerPool, type PoolSettings } from './container-pool.ts';

/** A container took the input. */
export interface Admission {
  readonly container: Container;
  readonly retries: number;
}

/** The pool under the real clock: a timer for what comes next, a promise for each input. */
export class LivePool {
  readonly #pool: ContainerPool;
  readonly #clock: Clock;
  readonly #admitted = new Map<string, (admission: Admission) => void>();
  #timer: NodeJS.Timeout | null = null;

  constructor(settings: PoolSettings, clock: Clock, newId: () => string) {
    this.#clock = clock;
    this.#pool = new ContainerPool(settings, newId, (event) => {
      if (event.type !== 'started') return;
      const admission = { container: event.container, retries: event.retry };
      this.#admitted.get(event.input)?.(admission);
      this.#admitted.delete(event.input);
    });
    this.#pool.open(clock.now());
    this.#schedule();
  }

  get containers(): readonly Container[] {
    return this.#pool.containers;
  }

  get queued(): number {
    return this.#pool.queued;
  }

  /** Resolves when a container takes the input; with `null` when a Server refuses it. */
  enter(input: string): Promise<Admission | null> {
    return new Promise((resolve) => {
      this.#admitted.set(input, resolve);
      const accepted = this.#pool.arrive(this.#clock.now(), input);
      if (!accepted) {
        this.#admitted.delete(input);
        resolve(null);
      }
      this.#schedule();
    });
  }

  /** Ends an input, queued or running. */
  leave(input: string): void {
    this.#admitted.delete(input);
    this.#pool.finish(this.#clock.now(), input);
    this.#schedule();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pool.close(this.#clock.now());
  }

  #schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const at = this.#pool.nextAt();
    if (at === null) return;
    const delayMs = Math.min(2 ** 30, Math.max(0, Math.ceil((at - this.#clock.now()) / 1_000)));
    this.#timer = setTimeout(() => {
      this.#pool.advance(this.#clock.now());
      this.#schedule();
    }, delayMs);
    this.#timer.unref();
  }
}
