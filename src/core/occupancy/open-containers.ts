import type { EpochMicros } from '../units.ts';
import { type Container, GONE, NOWHERE, newContainer } from './container.ts';
import { type CellListener, countUntil } from './container-time.ts';
import { FreeSlots } from './free-slots.ts';
import { type ContainerClaim, LONGEST_IDLE_US, type OccupancySettings, type Run } from './run.ts';

const CLOSED_KEPT = 256;

/** The containers of a pool that are open, and the rule by which a run gets one. */
export class OpenContainers {
  readonly #settings: OccupancySettings;
  readonly #onCell: CellListener;
  readonly #all = new Set<Container>();
  readonly #free = new FreeSlots();
  readonly #byId = new Map<string, Container>();
  readonly #closedIds: Map<string, EpochMicros>;

  constructor(
    settings: OccupancySettings,
    onCell: CellListener,
    closed: readonly (readonly [string, EpochMicros])[],
  ) {
    this.#settings = settings;
    this.#onCell = onCell;
    this.#closedIds = new Map(closed);
  }

  get all(): ReadonlySet<Container> {
    return this.#all;
  }

  /** Ids that closed lately, and when. */
  get closed(): readonly (readonly [string, EpochMicros])[] {
    return [...this.#closedIds];
  }

  add(container: Container): void {
    this.#all.add(container);
    if (container.id !== null) this.#byId.set(container.id, container);
    container.place = NOWHERE;
    this.settle(container);
  }

  /** After the container's number of running requests has changed. */
  settle(container: Container): void {
    const free = container.running < this.#settings.maxInputs;
    if (container.place < 0) {
      if (free) this.#free.add(container);
    } else if (free) this.#free.moved(container);
    else this.#free.remove(container);
  }

  remove(container: Container, at: EpochMicros): void {
    if (container.place >= 0) this.#free.remove(container);
    container.place = GONE;
    this.#all.delete(container);
    if (container.id === null) return;
    this.#byId.delete(container.id);
    this.#rememberClosed(container.id, at);
  }

  /** The open container that takes the run, or `null`: a new one must open. */
  find(run: Run): Container | null {
    const { claim } = run;
    if (claim === null) return this.#free.best ?? null;
    const named = this.#byId.get(claim.id) ?? this.#adopt(run, claim);
    if (named === null) return null;
    if (named.standing) {
      // Its place is filled again when it ends: that end is not the place's.
      named.level = 'observed';
      return named;
    }
    if (named.level !== 'authoritative') named.level = claim.level;
    if (claim.endedAt !== null) named.endedAt = claim.endedAt;
    return named;
  }

  /** A new container for the run, with the time before the run that is known. */
  open(run: Run, order: number, session: number): Container {
    const { claim } = run;
    const known = claim === null ? null : this.#knownStart(run.start, claim);
    const from = known?.from ?? run.start;
    const container = newContainer({ order, session, from, openedAt: run.start, price: run.price });
    if (claim !== null) {
      container.id = claim.id;
      container.level = claim.level;
      container.endedAt = claim.endedAt;
      this.#closedIds.delete(claim.id);
    }
    if (known !== null) countUntil(container, known.readyAt, this.#onCell, 'coldUs');
    this.add(container);
    return container;
  }

  #rememberClosed(id: string, at: EpochMicros): void {
    this.#closedIds.set(id, at);
    if (this.#closedIds.size <= CLOSED_KEPT) return;
    for (const [other, closedAt] of this.#closedIds) {
      if (closedAt < at - LONGEST_IDLE_US || this.#closedIds.size > 4 * CLOSED_KEPT) {
        this.#closedIds.delete(other);
      }
    }
  }

  /** A container that is open without this name, and that must be the one named. */
  #adopt(run: Run, claim: ContainerClaim): Container | null {
    const birth = birthOf(run.start, claim);
    for (const container of this.#all) {
      if (container.place < 0 || !mayBe(container, birth)) continue;
      if (container.id !== null) this.#byId.delete(container.id);
      container.id = claim.id;
      this.#byId.set(claim.id, container);
      return container;
    }
    return null;
  }

  /**
   * When a named container's billed time began. One that closed by the model and now works again was kept
   * alive. One that is older than a boot and an idle window was kept alive by others' requests: their time
   * is not ours to count, unless its start is a fact.
   */
  #knownStart(start: EpochMicros, claim: ContainerClaim) {
    const closedAt = this.#closedIds.get(claim.id);
    const { startedAt } = claim;
    if (startedAt !== null) {
      const from = Math.min(start, Math.max(startedAt, closedAt ?? startedAt));
      return { from, readyAt: Math.min(start, startedAt + (claim.readyUs ?? 0)) };
    }
    if (closedAt !== undefined && start - closedAt <= LONGEST_IDLE_US) {
      return { from: Math.min(start, closedAt), readyAt: 0 };
    }
    if (claim.ageUs === null) return null;
    const readyUs = claim.readyUs ?? 0;
    const lookback = Math.min(claim.ageUs, readyUs + this.#settings.scaledownWindowUs);
    return { from: start - lookback, readyAt: Math.min(start, start - claim.ageUs + readyUs) };
  }
}

function birthOf(start: EpochMicros, claim: ContainerClaim): EpochMicros | null {
  if (claim.startedAt !== null) return claim.startedAt;
  return claim.ageUs === null ? null : start - claim.ageUs;
}

/** A nameless container that is old enough, or a standing one that has been replaced. */
function mayBe(container: Container, birth: EpochMicros | null): boolean {
  if (container.standing) {
    const replaced = container.running === 0 && birth !== null && birth >= container.lastFinish;
    return container.id === null || replaced;
  }
  return container.id === null && birth !== null && birth >= container.from;
}
