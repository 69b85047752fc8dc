import type { EpochMicros, Micros } from '../../../src/core/units.ts';

/** What the autoscaler of one function is told. Durations in microseconds. */
export interface PoolSettings {
  readonly maxInputs: number;
  readonly scaledownWindowUs: Micros;
  readonly minContainers: number;
  readonly maxContainers: number;
  /** From the decision to scale up to the container's existence: waiting for a GPU, not billed. */
  readonly allocationUs: Micros;
  /** From existence to ready (imports, `@enter`, model load): billed. */
  readonly bootUs: Micros;
  /** A Modal Server refuses instead of queueing while nothing is ready. */
  readonly queueing: boolean;
}

export const DEFAULT_POOL_SETTINGS: PoolSettings = {
  maxInputs: 1,
  scaledownWindowUs: 60_000_000,
  minContainers: 0,
  maxContainers: Number.POSITIVE_INFINITY,
  allocationUs: 0,
  bootUs: 0,
  queueing: true,
};

/** One container from request to close. `closedAt` is `null` while it is open. */
export interface Container {
  readonly id: string;
  readonly standing: boolean;
  readonly requestedAt: EpochMicros;
  readonly billedFrom: EpochMicros;
  readonly readyAt: EpochMicros;
  readonly running: Set<string>;
  inputs: number;
  lastFinishAt: EpochMicros | null;
  closedAt: EpochMicros | null;
  preempted: boolean;
}

export type PoolEvent =
  | {
      readonly type: 'started';
      readonly at: EpochMicros;
      readonly input: string;
      readonly container: Container;
      readonly retry: number;
    }
  | { readonly type: 'closed'; readonly at: EpochMicros; readonly container: Container };

/**
 * Containers of one function as Modal runs them, without sockets or timers: the caller brings the time.
 * Calls must come in the order of their instants. At one instant finishes come before starts, and a
 * container whose idle window ends at an instant still takes a start at that instant.
 */
export class ContainerPool {
  /** Every container there ever was, oldest first. */
  readonly containers: Container[] = [];
  #open: Container[] = [];
  #booting: Container[] = [];
  #queue: string[] = [];
  readonly #where = new Map<string, Container>();
  readonly #retries = new Map<string, number>();
  readonly #settings: PoolSettings;
  readonly #newId: () => string;
  readonly #emit: (event: PoolEvent) => void;

  constructor(settings: PoolSettings, newId: () => string, emit: (event: PoolEvent) => void) {
    this.#settings = settings;
    this.#newId = newId;
    this.#emit = emit;
  }

  /** Starts the standing containers. */
  open(at: EpochMicros): void {
    for (let index = 0; index < this.#settings.minContainers; index += 1) this.#scaleUp(at, true);
    this.advance(at);
  }

  /**
   * An input arrives. It starts now, or waits for a slot.
   * @returns false when the pool does not queue and refuses it (the boot it triggers goes on).
   */
  arrive(at: EpochMicros, input: string): boolean {
    this.advance(at);
    const container = this.#freeContainer();
    if (container !== null) {
      this.#start(at, input, container);
      return true;
    }
    if (this.#settings.queueing) this.#queue.push(input);
    this.#scaleForQueue(at, this.#settings.queueing ? 0 : 1);
    this.advance(at);
    return this.#settings.queueing || this.#startNow(at, input);
  }

  finish(at: EpochMicros, input: string): void {
    this.advance(at);
    const container = this.#where.get(input);
    if (container === undefined) {
      this.#queue = this.#queue.filter((queued) => queued !== input);
      return;
    }
    this.#where.delete(input);
    this.#retries.delete(input);
    container.running.delete(input);
    container.lastFinishAt = at;
    this.#startQueued(at, container);
  }

  /** Modal takes the machine away: running inputs start again elsewhere, from the beginning. */
  preempt(at: EpochMicros, container: Container): void {
    this.advance(at);
    if (container.closedAt !== null) return;
    const inputs = [...container.running];
    container.running.clear();
    container.preempted = true;
    this.#close(at, container);
    for (const input of inputs) {
      this.#where.delete(input);
      this.#retries.set(input, (this.#retries.get(input) ?? 0) + 1);
    }
    this.#queue.unshift(...inputs);
    if (container.standing) this.#scaleUp(at, true);
    for (const open of this.#open) this.#startQueued(at, open);
    this.#scaleForQueue(at, 0);
    this.advance(at);
  }

  /** Runs everything due before `to`, and boots that end at `to`. */
  advance(to: EpochMicros): void {
    for (;;) {
      const boot = this.#booting[0];
      const closing = this.#nextClosing();
      const closeAt = closing === null ? Number.POSITIVE_INFINITY : this.#closeAt(closing);
      if (boot !== undefined && boot.readyAt <= to && boot.readyAt <= closeAt) {
        this.#booting.shift();
        this.#open.push(boot);
        this.#startQueued(boot.readyAt, boot);
      } else if (closing !== null && closeAt < to) {
        this.#close(closeAt, closing);
      } else {
        return;
      }
    }
  }

  /** The first instant at which `advance` would do something, or `null`. */
  nextAt(): EpochMicros | null {
    const closing = this.#nextClosing();
    const at = Math.min(
      this.#booting[0]?.readyAt ?? Number.POSITIVE_INFINITY,
      closing === null ? Number.POSITIVE_INFINITY : this.#closeAt(closing) + 1,
    );
    return Number.isFinite(at) ? at : null;
  }

  /** Stops the app: every container ends now. */
  close(at: EpochMicros): void {
    this.advance(at);
    for (const container of [...this.#open, ...this.#booting]) this.#close(at, container);
  }

  get queued(): number {
    return this.#queue.length;
  }

  #closeAt(container: Container): EpochMicros {
    return (container.lastFinishAt ?? container.readyAt) + this.#settings.scaledownWindowUs;
  }

  #nextClosing(): Container | null {
    let first: Container | null = null;
    for (const container of this.#open) {
      if (container.standing || container.running.size > 0) continue;
      if (first === null || this.#closeAt(container) < this.#closeAt(first)) first = container;
    }
    return first;
  }

  /** The fullest with a free slot; ties go to the oldest. */
  #freeContainer(): Container | null {
    let best: Container | null = null;
    for (const container of this.#open) {
      if (container.running.size >= this.#settings.maxInputs) continue;
      if (best === null || container.running.size > best.running.size) best = container;
    }
    return best;
  }

  #startNow(at: EpochMicros, input: string): boolean {
    const container = this.#freeContainer();
    if (container !== null) this.#start(at, input, container);
    return container !== null;
  }

  #start(at: EpochMicros, input: string, container: Container): void {
    container.running.add(input);
    container.inputs += 1;
    this.#where.set(input, container);
    this.#emit({ type: 'started', at, input, container, retry: this.#retries.get(input) ?? 0 });
  }

  #startQueued(at: EpochMicros, container: Container): void {
    while (container.running.size < this.#settings.maxInputs) {
      const input = this.#queue.shift();
      if (input === undefined) return;
      this.#start(at, input, container);
    }
  }

  #scaleForQueue(at: EpochMicros, refused: number): void {
    const waiting = this.#queue.length + refused;
    while (
      waiting > this.#booting.length * this.#settings.maxInputs &&
      this.#open.length + this.#booting.length < this.#settings.maxContainers
    ) {
      this.#scaleUp(at, false);
    }
  }

  #scaleUp(at: EpochMicros, standing: boolean): void {
    const billedFrom = at + this.#settings.allocationUs;
    const container: Container = {
      id: this.#newId(),
      standing,
      requestedAt: at,
      billedFrom,
      readyAt: billedFrom + this.#settings.bootUs,
      running: new Set(),
      inputs: 0,
      lastFinishAt: null,
      closedAt: null,
      preempted: false,
    };
    this.containers.push(container);
    this.#booting.push(container);
  }

  #close(at: EpochMicros, container: Container): void {
    container.closedAt = Math.max(at, container.billedFrom);
    this.#open = this.#open.filter((open) => open !== container);
    this.#booting = this.#booting.filter((booting) => booting !== container);
    this.#emit({ type: 'closed', at, container });
  }
}
