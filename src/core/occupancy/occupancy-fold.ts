import type { Attribution } from '../outcome.ts';
import type { EpochMicros, Micros } from '../units.ts';
import {
  type Container,
  copyOf,
  GONE,
  type HourCell,
  newContainer,
  type Running,
} from './container.ts';
import { countUntil, flushCell, resetCell, shareOf } from './container-time.ts';
import { EventQueue } from './event-queue.ts';
import { OpenContainers } from './open-containers.ts';
import { type OccupancySettings, PART_RUNS, PART_US, type Run, STANDING_PART_US } from './run.ts';

/** What the fold finds out, in the order of the events. */
export interface OccupancySink {
  /** A run has ended; `execUs` is its share of its container's busy time. */
  ran(container: Container, run: Running, execUs: Micros): void;
  /** A session's time in one UTC hour, once per hour and part of a session. */
  cell(container: Container, cell: HourCell): void;
  /** A session has ended at `at`, or, with `final` false, a part of it that is settled on its own. */
  closed(container: Container, at: EpochMicros, final: boolean): void;
}

/** Everything that later events depend on: plain data. */
export interface OccupancyState {
  readonly orders: number;
  readonly sessions: number;
  readonly standing: boolean;
  readonly last: EpochMicros;
  readonly open: readonly { readonly container: Container; readonly runs: readonly Running[] }[];
  /** Ids of containers that closed lately, and when. */
  readonly closed: readonly (readonly [string, EpochMicros])[];
}

/** Price of a standing container that has run nothing yet. */
const UNKNOWN_PRICE = -1;

interface Finish {
  readonly container: Container;
  readonly run: Running;
}

/**
 * Replays one pool's runs and says which container ran each, what share of it each had, and when
 * containers came and went. Pure and deterministic: the same runs give the same results, whatever the
 * number of calls they come in.
 *
 * At one instant finishes come before starts. A run joins the container that it names, else the fullest
 * with a free slot (of equal ones the oldest), else a new one. An idle container closes at exactly its
 * last finish plus the scaledown window, and a start at that instant still joins it.
 */
export class OccupancyFold {
  readonly #settings: OccupancySettings;
  readonly #sink: OccupancySink;
  readonly #onCell: OccupancySink['cell'];
  readonly #containers: OpenContainers;
  readonly #finishes = new EventQueue<Finish>();
  readonly #idle = new EventQueue<Container>();
  #orders: number;
  #sessions: number;
  #standing: boolean;
  #last: EpochMicros;

  constructor(settings: OccupancySettings, sink: OccupancySink, state?: OccupancyState) {
    this.#settings = settings;
    this.#sink = sink;
    this.#onCell = (container, cell) => sink.cell(container, cell);
    this.#containers = new OpenContainers(settings, this.#onCell, state?.closed ?? []);
    this.#orders = state?.orders ?? 0;
    this.#sessions = state?.sessions ?? 0;
    this.#standing = state?.standing ?? false;
    this.#last = state?.last ?? Number.NEGATIVE_INFINITY;
    for (const { container, runs } of state?.open ?? []) this.#restore(copyOf(container), runs);
  }

  get openContainers(): number {
    return this.#containers.all.size;
  }

  /**
   * Takes the next run.
   * @throws RangeError when it starts before an event that has been handled, or ends before its start.
   */
  push(run: Run): void {
    const { start } = run;
    if (start < this.#last || run.end < start) {
      throw new RangeError(`a run [${start}, ${run.end}) came after the instant ${this.#last}`);
    }
    if (!this.#standing) this.#stand(start);
    this.#finishUntil(start, true);
    this.#closeBefore(start);
    const container = this.#containers.find(run) ?? this.#open(run);
    countUntil(container, start, this.#onCell);
    // Not before: without another run the idle tail would belong to nobody.
    if (isIdleAfterRuns(container) && partIsOver(container, start)) this.#endPart(container, start);
    this.#start(container, run);
    this.#last = start;
  }

  /** Handles everything that is due before `to`. */
  advance(to: EpochMicros): void {
    if (!this.#standing && (this.#settings.standingFrom ?? to) < to) this.#stand(to);
    this.#finishUntil(to, false);
    this.#closeBefore(to);
    this.#last = Math.max(this.#last, to);
  }

  /** The times of open sessions up to `at`, changing nothing: what a report at `at` shows. */
  snapshot(at: EpochMicros): { readonly container: Container; readonly cells: HourCell[] }[] {
    return [...this.#containers.all].map((open) => {
      const container = copyOf(open);
      const cells: HourCell[] = [];
      const collect = (_: Container, cell: HourCell) => cells.push(cell);
      countUntil(container, Math.max(at, container.at), collect);
      flushCell(container, collect);
      return { container, cells };
    });
  }

  /** The settings end at `at`: standing containers stand no longer, the others close as they would. */
  retire(at: EpochMicros): void {
    this.advance(at);
    for (const container of [...this.#containers.all].filter(({ standing }) => standing)) {
      container.endedAt = at;
      if (container.running === 0) this.#close(container, Math.max(at, container.at));
    }
  }

  state(): OccupancyState {
    const runs = new Map<Container, Running[]>();
    for (const { container, run } of this.#finishes.items()) {
      const list = runs.get(container);
      if (list === undefined) runs.set(container, [run]);
      else list.push(run);
    }
    return {
      orders: this.#orders,
      sessions: this.#sessions,
      standing: this.#standing,
      last: this.#last,
      closed: this.#containers.closed,
      open: [...this.#containers.all].map((container) => ({
        container: copyOf(container),
        runs: (runs.get(container) ?? []).sort((a, b) => a.order - b.order),
      })),
    };
  }

  #restore(container: Container, runs: readonly Running[]): void {
    this.#containers.add(container);
    for (const run of runs) this.#finishes.push(run.end, run.order, { container, run });
    if (container.running === 0) this.#rest(container);
  }

  #stand(at: EpochMicros): void {
    const from = Math.min(at, this.#settings.standingFrom ?? at);
    const opened = { from, openedAt: from, price: UNKNOWN_PRICE };
    this.#standing = true;
    for (let index = 0; index < this.#settings.minContainers; index += 1) {
      const container = newContainer({ ...this.#next(), ...opened });
      container.standing = true;
      this.#containers.add(container);
    }
  }

  #open(run: Run): Container {
    const { order, session } = this.#next();
    return this.#containers.open(run, order, session);
  }

  #next(): { readonly order: number; readonly session: number } {
    this.#orders += 1;
    this.#sessions += 1;
    return { order: this.#orders, session: this.#sessions };
  }

  #start(container: Container, run: Run): void {
    this.#orders += 1;
    const order = this.#orders;
    if (container.price === UNKNOWN_PRICE) container.price = run.price;
    container.running += 1;
    if (run.failed) container.failedRunning += 1;
    this.#containers.settle(container);
    const running: Running = {
      ref: run.ref,
      start: run.start,
      end: run.end,
      failed: run.failed,
      level: levelOf(container, run),
      order,
      whole: container.clock.whole,
      fraction: container.clock.fraction,
    };
    this.#finishes.push(run.end, order, { container, run: running });
  }

  #finishUntil(to: EpochMicros, inclusive: boolean): void {
    for (;;) {
      const at = this.#finishes.nextAt;
      if (at > to || (at === to && !inclusive)) return;
      const finish = this.#finishes.pop();
      if (finish === undefined) return;
      this.#finish(finish, at);
    }
  }

  #finish({ container, run }: Finish, at: EpochMicros): void {
    countUntil(container, at, this.#onCell);
    const last = container.running === 1;
    const execUs = shareOf(container, run, last);
    container.running -= 1;
    if (run.failed) container.failedRunning -= 1;
    container.runs += 1;
    container.lastFinish = at;
    this.#containers.settle(container);
    this.#sink.ran(container, run, execUs);
    const mayEnd = !last || standsOn(container);
    if (mayEnd && partIsOver(container, at)) this.#endPart(container, at);
    if (last) this.#rest(container);
  }

  #endPart(container: Container, at: EpochMicros): void {
    flushCell(container, this.#onCell);
    resetCell(container.cell, container.cell.hour);
    this.#sink.closed(container, at, false);
    this.#sessions += 1;
    container.session = this.#sessions;
    container.part += 1;
    container.from = at;
    container.runs = 0;
    container.times.busyUs = 0;
    container.times.coldUs = 0;
    container.times.idleUs = 0;
  }

  #rest(container: Container): void {
    if (standsOn(container) && container.runs === 0) return;
    this.#idle.push(this.#closeAt(container), container.order, container);
  }

  /** When an idle container closes; when one that stands on ends its part. */
  #closeAt(container: Container): EpochMicros {
    if (standsOn(container)) return container.from + STANDING_PART_US;
    return container.endedAt === null
      ? container.lastFinish + this.#settings.scaledownWindowUs
      : Math.max(container.lastFinish, container.endedAt);
  }

  #closeBefore(to: EpochMicros): void {
    for (;;) {
      const at = this.#idle.nextAt;
      if (at >= to) return;
      const container = this.#idle.pop();
      if (container === undefined) return;
      // An entry is stale when its container has worked again since.
      const stale = container.place === GONE || container.running > 0;
      if (stale || this.#closeAt(container) !== at) continue;
      if (standsOn(container)) this.#endStandingPart(container, at);
      else this.#close(container, at);
    }
  }

  #endStandingPart(container: Container, at: EpochMicros): void {
    if (container.runs === 0) return;
    countUntil(container, at, this.#onCell);
    this.#endPart(container, at);
  }

  #close(container: Container, at: EpochMicros): void {
    countUntil(container, at, this.#onCell);
    flushCell(container, this.#onCell);
    this.#containers.remove(container, at);
    this.#sink.closed(container, at, true);
  }
}

/** Of a standing container no end is modelled that a fact could replace. */
function levelOf({ standing }: Container, { claim }: Run): Attribution {
  if (claim === null) return 'inferred';
  return standing ? 'observed' : claim.level;
}

function standsOn(container: Container): boolean {
  return container.standing && container.endedAt === null;
}

function isIdleAfterRuns({ running, runs }: Container): boolean {
  return running === 0 && runs > 0;
}

function partIsOver(container: Container, at: EpochMicros): boolean {
  const factor = container.running === 0 ? 1 : 2;
  const longest = container.standing ? STANDING_PART_US : PART_US;
  return container.runs >= factor * PART_RUNS || at - container.from >= factor * longest;
}
