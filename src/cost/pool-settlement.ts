import { EventQueue } from '../core/occupancy/event-queue.ts';
import type { Run } from '../core/occupancy/run.ts';
import { type EpochMicros, MICROS_PER_HOUR } from '../core/units.ts';
import type { LedgerTransaction } from '../ledger/prepared-query.ts';
import type { SettingsPeriod } from '../ledger/queries/endpoint-settings.ts';
import { rowsOfSession, type SettlementRow } from '../ledger/queries/settlement-rows.ts';
import { type ClosedSession, type PoolContext, PoolFold, type PoolFoldState } from './pool-fold.ts';
import { type EndedRun, provisionalCosts, settledCosts } from './pool-session.ts';

/** What a pool's settlement goes on from. Plain data. */
export interface PoolState {
  readonly folds: readonly PoolFoldState[];
  /** Numbers of requests that have been read and not yet started, by start. */
  readonly waiting: readonly number[];
}

interface Waiting {
  readonly run: Run;
  readonly row: SettlementRow;
}

/** Settles one pool: takes its requests in the order of their start, and hands on what it finds. */
export class PoolSettlement {
  readonly #context: PoolContext;
  readonly #periods: readonly SettingsPeriod[];
  readonly #rows = new Map<number, SettlementRow>();
  readonly #waiting = new EventQueue<Waiting>();
  #folds: PoolFold[] = [];
  #order = 0;
  #edge: EpochMicros;
  #changed = false;

  /** @param given.rows the requests that `state` names. */
  constructor(
    context: PoolContext,
    periods: readonly SettingsPeriod[],
    given: {
      readonly from: EpochMicros;
      readonly state: PoolState | null;
      readonly rows: readonly SettlementRow[];
    },
  ) {
    this.#context = context;
    this.#periods = periods;
    this.#edge = given.from;
    const saved = given.state ?? { folds: [], waiting: [] };
    const waiting = new Set(saved.waiting);
    for (const row of given.rows) {
      if (waiting.has(row.seq)) this.take(row);
      else this.#rows.set(row.seq, row);
    }
    this.#folds = saved.folds.map((fold) => this.#newFold(fold.from, fold));
  }

  /** A request that started at or after every one before it. */
  take(row: SettlementRow): void {
    const settings = this.#periodAt(row.started_at).settings;
    const ran = this.#context.facts.runOf(row);
    if (ran === null || settings.pricing === 'tokens') {
      this.#context.output.free(row);
      return;
    }
    const run: Run = {
      ...ran,
      ref: row.seq,
      failed: row.outcome !== 'ok',
      price: this.#priceOf(row, settings),
    };
    this.#order += 1;
    this.#waiting.push(run.start, this.#order, { run, row });
  }

  /** Every request that started before `to` has been taken: what happened before it is final. */
  advance(to: EpochMicros): void {
    const edge = to - (to % MICROS_PER_HOUR);
    if (edge > this.#edge) {
      this.#edge = edge;
      this.#startBefore(edge);
      // Containers that stand since then are part of the state at this hour.
      this.#openPeriods(edge);
      for (const fold of this.#folds) fold.advance(edge);
      if (this.#changed) {
        this.#context.output.checkpoint(this.#context.pool, edge, JSON.stringify(this.state()));
        this.#changed = false;
      }
    }
    this.#startBefore(to);
  }

  /** Brings every container to `at`, and shows what is open there. */
  finish(at: EpochMicros): void {
    this.advance(at);
    this.#openPeriods(at);
    for (const fold of this.#folds) {
      fold.advance(at);
      fold.show(at);
    }
    this.#folds = this.#folds.filter(
      (fold, index) => !fold.isOver || index === this.#folds.length - 1,
    );
  }

  state(): PoolState {
    const waiting = [...this.#waiting.items()];
    waiting.sort((a, b) => a.row.started_at - b.row.started_at || (a.row.uid < b.row.uid ? -1 : 1));
    return {
      folds: this.#folds.map((fold) => fold.state()),
      waiting: waiting.map(({ row }) => row.seq),
    };
  }

  get runsInMemory(): number {
    return this.#folds.reduce((sum, fold) => sum + fold.runsInMemory, 0);
  }

  /** Splits the money of sessions that have ended over their requests. */
  async settleEnded(db: LedgerTransaction): Promise<void> {
    for (const fold of this.#folds) {
      for (let session = fold.ended.shift(); session; session = fold.ended.shift()) {
        const runs = session.state.stored
          ? [...(await this.#storedRuns(db, session)), ...session.runs].sort(byEnd)
          : session.runs;
        const costs = settledCosts(session.state, runs, session.price);
        costs.forEach((cost, index) => {
          const run = runs[index];
          if (run !== undefined) this.#context.output.cost(run.row, cost);
        });
      }
    }
  }

  /** Hands requests of open sessions on with what is known of their cost, and lets go of them. */
  storeOpen(): void {
    for (const fold of this.#folds) {
      for (const { session, price } of fold.liveSessions()) {
        if (session.runs.length === 0) continue;
        const costs = provisionalCosts(session.state, session.runs, price);
        costs.forEach((cost, index) => {
          const run = session.runs[index];
          if (run !== undefined) this.#context.output.cost(run.row, cost);
        });
        session.runs = [];
        session.state.stored = true;
      }
    }
  }

  /**
   * Requests of a session that only the ledger holds. A row may still name the session from an earlier
   * settlement: those that have not ended yet by now are not its own any more, or will come again.
   */
  async #storedRuns(db: LedgerTransaction, session: ClosedSession): Promise<EndedRun[]> {
    const { state, closedAt } = session;
    const inMemory = this.#requestsInMemory(session);
    const rows = await rowsOfSession(db, state.id, {
      from: state.rowsFrom ?? 0,
      to: closedAt,
      endpoint: this.#context.pool.endpoint,
    });
    await this.#context.learn(rows);
    return rows.flatMap((row) => {
      const ran = this.#context.facts.runOf(row);
      if (ran === null || ran.end > closedAt || inMemory.has(row.seq)) return [];
      const { start, end, claim } = ran;
      const level = claim === null ? 'inferred' : (row.found?.attribution ?? 'observed');
      return [{ row, start, end, execUs: row.found?.exec_us ?? 0, level }];
    });
  }

  /** Requests whose session is known better than the ledger knows it. */
  #requestsInMemory({ runs }: ClosedSession): Set<number> {
    const seqs = new Set(this.#context.output.waiting());
    const add = (list: readonly EndedRun[]) => {
      for (const { row } of list) seqs.add(row.seq);
    };
    add(runs);
    for (const fold of this.#folds) {
      for (const ended of fold.ended) add(ended.runs);
      for (const { session } of fold.liveSessions()) add(session.runs);
    }
    return seqs;
  }

  #startBefore(to: EpochMicros): void {
    while (this.#waiting.nextAt < to) {
      const next = this.#waiting.pop();
      if (next === undefined) return;
      this.#changed = true;
      this.#openPeriods(next.run.start);
      this.#foldOf(next.run).push(next.run, next.row);
    }
  }

  /** Old settings end where new ones begin. */
  #openPeriods(at: EpochMicros): void {
    const period = this.#periodAt(at);
    if ((this.#folds.at(-1)?.from ?? -1) >= period.from) return;
    for (const fold of this.#folds) fold.retire(period.from);
    this.#folds.push(this.#newFold(period.from));
  }

  /** A container keeps the settings with which it started. */
  #foldOf({ start, claim }: Run): PoolFold {
    const at = Math.min(start, claim?.startedAt ?? start);
    const fold = this.#folds.findLast(({ from }) => from <= at) ?? this.#folds[0];
    if (fold === undefined) throw new Error('a pool without settings');
    return fold;
  }

  #newFold(from: EpochMicros, state?: PoolFoldState): PoolFold {
    const period = this.#periodAt(from);
    // A pool with a name is not known before its first request; the settings before tell that it was there.
    const known = this.#context.pool.pool === 0 || this.#folds.length > 0;
    const standingFrom = known && period.from > 0 ? period.from : null;
    return new PoolFold(this.#context, { ...period, standingFrom }, this.#rows, state);
  }

  #periodAt(at: EpochMicros): SettingsPeriod {
    const period = this.#periods.findLast(({ from }) => from <= at) ?? this.#periods[0];
    if (period === undefined) throw new Error('a pool without settings');
    return period;
  }

  #priceOf(row: SettlementRow, settings: SettingsPeriod['settings']): number {
    const { prices, book } = this.#context;
    if (prices.rateOf(row.price_id) !== null && row.price_id !== null) return row.price_id;
    const rate = book.containerRate(settings, row.started_at);
    return rate === null ? 0 : prices.idOf(rate);
  }
}

function byEnd(a: EndedRun, b: EndedRun): number {
  return (
    a.end - b.end ||
    a.start - b.start ||
    a.row.started_at - b.row.started_at ||
    (a.row.uid < b.row.uid ? -1 : 1)
  );
}
