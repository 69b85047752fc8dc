import type { EndpointSettings } from '../core/endpoint.ts';
import type { Container, HourCell, Running } from '../core/occupancy/container.ts';
import {
  OccupancyFold,
  type OccupancySink,
  type OccupancyState,
} from '../core/occupancy/occupancy-fold.ts';
import { PoolBounds, type PoolBoundsState } from '../core/occupancy/pool-bounds.ts';
import type { Run } from '../core/occupancy/run.ts';
import { parseGpu } from '../core/price-book/gpu-name.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type { ContainerRate } from '../core/price-book/price-id.ts';
import { costOf, type EpochMicros, type Micros } from '../core/units.ts';
import type { SettingsPeriod } from '../ledger/queries/endpoint-settings.ts';
import type { PriceNames } from '../ledger/queries/price-names.ts';
import type { SettlementRow } from '../ledger/queries/settlement-rows.ts';
import type { ContainerFacts } from './container-facts.ts';
import {
  type EndedRun,
  newSession,
  type PoolIdentity,
  priceCell,
  type SessionPrice,
  type SessionState,
  sessionRow,
} from './pool-session.ts';
import type { BoundsHour, SettlementOutput } from './settlement-output.ts';

/** What a pool's settlement works with. */
export interface PoolContext {
  readonly pool: PoolIdentity;
  readonly book: PriceBook;
  readonly prices: PriceNames;
  readonly output: SettlementOutput;
  readonly facts: ContainerFacts;
  /** Learns what `prices`, `output` and `facts` need to know of rows. */
  readonly learn: (rows: readonly SettlementRow[]) => Promise<void>;
}

/** A session with the requests that are in memory. */
export interface LiveSession {
  readonly state: SessionState;
  runs: EndedRun[];
}

/** A session, or part of one, that has ended and waits for its money to be split. */
export interface ClosedSession extends LiveSession {
  readonly price: SessionPrice;
  readonly closedAt: EpochMicros;
}

/** One period of settings of a pool: plain data. */
export interface PoolFoldState {
  readonly from: EpochMicros;
  /** See `OccupancySettings`. States of earlier versions do not say. */
  readonly standingFrom?: EpochMicros | null;
  readonly retired: boolean;
  readonly fold: OccupancyState;
  readonly bounds: PoolBoundsState;
  readonly sessions: readonly (readonly [number, SessionState])[];
}

/** Folds the runs of one pool under one set of settings, and prices what the fold finds. */
export class PoolFold implements OccupancySink {
  readonly from: EpochMicros;
  readonly ended: ClosedSession[] = [];
  readonly #standingFrom: EpochMicros | null;
  readonly #context: PoolContext;
  readonly #settings: EndpointSettings;
  readonly #fold: OccupancyFold;
  readonly #bounds: PoolBounds;
  readonly #sessions: Map<number, LiveSession>;
  readonly #rows: Map<number, SettlementRow>;
  #retired: boolean;

  constructor(
    context: PoolContext,
    period: SettingsPeriod & { readonly standingFrom: EpochMicros | null },
    rows: Map<number, SettlementRow>,
    state?: PoolFoldState,
  ) {
    this.from = period.from;
    this.#context = context;
    this.#settings = period.settings;
    this.#rows = rows;
    this.#retired = state?.retired ?? false;
    const { standingFrom = period.standingFrom } = state ?? {};
    this.#standingFrom = standingFrom;
    this.#fold = new OccupancyFold({ ...period.settings, standingFrom }, this, state?.fold);
    const onHour = (hour: BoundsHour) => this.#priceBounds(hour);
    this.#bounds = new PoolBounds({ ...period.settings, standingFrom }, onHour, state?.bounds);
    this.#sessions = new Map(
      (state?.sessions ?? []).map(([local, saved]) => [local, { state: { ...saved }, runs: [] }]),
    );
  }

  /** Nothing of it can change any more. */
  get isOver(): boolean {
    return this.#retired && this.#fold.openContainers === 0;
  }

  get runsInMemory(): number {
    let runs = 0;
    for (const session of this.#sessions.values()) runs += session.runs.length;
    return runs;
  }

  push(run: Run, row: SettlementRow): void {
    this.#rows.set(run.ref, row);
    this.#fold.push(run);
    this.#bounds.change(run.start, 1);
  }

  advance(to: EpochMicros): void {
    this.#fold.advance(to);
    this.#bounds.advance(to);
  }

  retire(at: EpochMicros): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#fold.retire(at);
  }

  ran(container: Container, run: Running, execUs: Micros): void {
    this.#bounds.change(run.end, -1);
    const row = this.#rows.get(run.ref);
    if (row === undefined) throw new Error(`settlement lost request number ${run.ref}`);
    this.#rows.delete(run.ref);
    const session = this.#sessionOf(container);
    const { state } = session;
    state.requests += 1;
    state.firstRequestAt = Math.min(state.firstRequestAt ?? run.start, run.start);
    state.rowsFrom = Math.min(state.rowsFrom ?? row.started_at, row.started_at);
    state.lastFinishAt = run.end;
    session.runs.push({ row, start: run.start, end: run.end, execUs, level: run.level });
  }

  cell(container: Container, cell: HourCell): void {
    const { pool, output } = this.#context;
    const rate = this.#rateOf(container, cell.hour);
    output.cell(priceCell(pool, this.#sessionOf(container).state, container, { cell, rate }));
  }

  closed(container: Container, at: EpochMicros): void {
    const { pool, output } = this.#context;
    const session = this.#sessionOf(container);
    const price = this.#priceOf(container);
    const priced = price.rate !== null || container.standing;
    output.session(sessionRow(pool, session.state, container, { closedAt: at, priced }));
    this.#sessions.delete(container.session);
    this.ended.push({ ...session, price, closedAt: at });
  }

  /** Shows what is open at `at`: its time so far, as if `at` were the end. */
  show(at: EpochMicros): void {
    const { pool, output } = this.#context;
    for (const { container, cells } of this.#fold.snapshot(at)) {
      const state = { ...this.#sessionOf(container).state };
      for (const cell of cells) {
        const rate = this.#rateOf(container, cell.hour);
        output.cell(priceCell(pool, state, container, { cell, rate }));
      }
      const priced = this.#priceOf(container).rate !== null || container.standing;
      output.session(sessionRow(pool, state, container, { closedAt: null, priced }));
    }
    for (const hour of this.#bounds.snapshot(at)) this.#priceBounds(hour);
  }

  /** Open sessions with the requests that memory holds; what the caller stores it need not keep. */
  *liveSessions(): Generator<{ readonly session: LiveSession; readonly price: SessionPrice }> {
    for (const { container } of this.#fold.snapshot(Number.NEGATIVE_INFINITY)) {
      const session = this.#sessions.get(container.session);
      if (session !== undefined) yield { session, price: this.#priceOf(container) };
    }
  }

  state(): PoolFoldState {
    const fold = this.#fold.state();
    // What goes on from here writes on in the same session.
    for (const { container } of fold.open) this.#sessionOf(container);
    return {
      from: this.from,
      standingFrom: this.#standingFrom,
      retired: this.#retired,
      fold,
      bounds: this.#bounds.state(),
      // What memory holds is in the ledger by the time the state is needed, or is read from there.
      sessions: [...this.#sessions].map(([local, { state, runs }]) => [
        local,
        { ...state, stored: state.stored || runs.length > 0 },
      ]),
    };
  }

  #sessionOf(container: Container): LiveSession {
    const known = this.#sessions.get(container.session);
    if (known !== undefined) return known;
    const session = { state: newSession(this.#context.output.newSessionId()), runs: [] };
    this.#sessions.set(container.session, session);
    return session;
  }

  /** A standing container is priced hour by hour, since it outlives prices. */
  #rateOf(container: Container, hour: EpochMicros): ContainerRate | null {
    return container.standing
      ? this.#context.book.containerRate(this.#settings, hour)
      : this.#context.prices.rateOf(container.price);
  }

  #priceOf(container: Container): SessionPrice {
    const rate = this.#context.prices.rateOf(container.price);
    const request = parseGpu(this.#settings.gpu);
    const asked = request === null ? 0 : (request.count ?? this.#settings.gpuCount);
    return {
      rate,
      priceId: rate === null ? null : container.price,
      gpuCount: rate?.gpuCount ?? asked,
      windowUs: this.#settings.scaledownWindowUs,
      standing: container.standing,
    };
  }

  #priceBounds({ hour, lowUs, highUs }: BoundsHour): void {
    const rate = this.#context.book.containerRate(this.#settings, hour);
    if (rate === null || highUs === 0) return;
    const { endpoint, pool } = this.#context.pool;
    this.#context.output.bounds({
      endpoint_id: endpoint,
      pool_id: pool,
      hour,
      low_nano: costOf(rate.rate, lowUs),
      high_nano: costOf(rate.rate, highUs),
    });
  }
}
