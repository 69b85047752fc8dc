import { LONGEST_IDLE_US } from '../core/occupancy/run.ts';
import { type EpochMicros, MICROS_PER_HOUR } from '../core/units.ts';
import type { LedgerTransaction } from '../ledger/prepared-query.ts';
import { noteCorrections } from '../ledger/queries/corrections.ts';
import type { SettingsPeriod } from '../ledger/queries/endpoint-settings.ts';
import {
  clearDirty,
  lastSessionId,
  NO_POOL,
  type PoolKey,
  type PoolWork,
  rewindPool,
  savePool,
} from '../ledger/queries/settlement.ts';
import { type SettlementRow, settlementRowsOf } from '../ledger/queries/settlement-rows.ts';
import { requireTurn, takeTurn } from '../ledger/queries/settlement-turn.ts';
import {
  type EndpointApps,
  refreshSpendHours,
  type SpendChange,
} from '../ledger/queries/spend-hours.ts';
import { noteUnservedSession, withdrawSessions } from '../ledger/queries/telemetry.ts';
import { appsOf } from './endpoint-apps.ts';
import type { PoolContext } from './pool-fold.ts';
import { PoolSettlement, type PoolState } from './pool-settlement.ts';
import { refsOf } from './pool-state.ts';
import { RowFacts } from './row-facts.ts';
import { SettlementOutput } from './settlement-output.ts';
import { settlementPages } from './settlement-pages.ts';
import type { SettlementSettings } from './settlement-settings.ts';
import { isLate, settlementStart } from './settlement-start.ts';
import { findUnserved, type UnservedSession } from './unserved-containers.ts';

export type PoolToSettle = PoolWork & { readonly horizon: EpochMicros };

interface ActivePool {
  readonly work: PoolToSettle;
  /** Rows that started before this are behind it. */
  readonly from: EpochMicros;
  readonly settlement: PoolSettlement;
}

/** Requests in memory that wait for their container's end, before they are handed to the ledger. */
const RUNS_IN_MEMORY = 100_000;

/**
 * Costs that wait to be written together: neighbours in the table belong to other endpoints, whose sessions
 * end at other times, and a page of the file should be written once.
 */
const COSTS_A_STEP = 20_000;

/** How often a long run notes how far it has come. */
const ROWS_A_SAVE = 500_000;

/** One pass over the ledger: pages of requests, each settled and written in one transaction. */
export class SettlementRun {
  readonly #settings: SettlementSettings;
  readonly #periods: ReadonlyMap<number, readonly SettingsPeriod[]>;
  readonly #now: EpochMicros;
  readonly #turn: number;
  readonly #facts: RowFacts;
  readonly #output: SettlementOutput;
  readonly #apps: EndpointApps;
  readonly counts = { rowsRead: 0, settled: 0, corrections: 0 };
  /** From here on something was settled anew; `null`: nothing was. */
  changedFrom: EpochMicros | null = null;
  /** Hours that a rewind has emptied, to be summed anew with the first step. */
  #emptied: EpochMicros[] = [];
  #late = false;
  /** Sessions of containers that no request names, to be noted with the next step. */
  #unserved: readonly UnservedSession[] = [];
  readonly #changes = new Map<string, SpendChange>();

  private constructor(
    settings: SettlementSettings,
    periods: ReadonlyMap<number, readonly SettingsPeriod[]>,
    given: { readonly now: EpochMicros; readonly lastSession: number; readonly turn: number },
  ) {
    this.#settings = settings;
    this.#periods = periods;
    this.#now = given.now;
    this.#turn = given.turn;
    this.#facts = new RowFacts(settings, periods);
    this.#output = new SettlementOutput(settings.ledger.db, given.lastSession, this.#facts.kinds);
    this.#apps = appsOf(periods);
  }

  static async create(
    settings: SettlementSettings,
    periods: ReadonlyMap<number, readonly SettingsPeriod[]>,
    now: EpochMicros,
  ): Promise<SettlementRun> {
    const { db } = settings.ledger;
    const turn = await takeTurn(db);
    return new SettlementRun(settings, periods, {
      now,
      turn,
      lastSession: await lastSessionId(db),
    });
  }

  /** Settles pools up to their horizons. */
  async settle(work: readonly PoolToSettle[]): Promise<void> {
    const pools = new Map<string, ActivePool>();
    this.#late = false;
    for (const pool of work) {
      pools.set(`${pool.endpoint},${pool.pool}`, await this.#activate(pool));
    }
    const active = [...pools.values()];
    const to = Math.max(...active.map((pool) => pool.work.horizon));
    await this.#takeRows(pools, to);
    for (const { settlement, work: pool } of active) settlement.finish(pool.horizon);
    await this.#step(active, to);
    await this.#noteCorrections();
  }

  /** Containers that telemetry saw and no request names: boots that others were quicker than. */
  async settleUnserved(until: EpochMicros): Promise<void> {
    const { ledger, priceBook } = this.#settings;
    const emptied = await ledger.db.transaction().execute(async (trx) => {
      await requireTurn(trx, this.#turn);
      return await withdrawSessions(trx);
    });
    this.#emptied.push(...emptied);
    const { prices } = this.#facts;
    const parts = { priceBook, periods: this.#periods, prices, output: this.#output };
    this.#unserved = await findUnserved(ledger.db, parts, until);
    if (emptied.length > 0 || this.#unserved.length > 0) await this.#step([], null);
  }

  async #takeRows(pools: ReadonlyMap<string, ActivePool>, to: EpochMicros): Promise<void> {
    const { db } = this.#settings.ledger;
    const active = [...pools.values()];
    const endpoints = [...new Set(active.map((pool) => pool.work.endpoint))];
    const from = Math.min(...active.map((pool) => pool.from));
    let unsaved = 0;
    for await (const { rows, next } of settlementPages(db, { from, to, endpoints })) {
      await this.#take(pools, rows);
      unsaved += rows.length;
      const savedAt = unsaved >= ROWS_A_SAVE ? next : null;
      if (savedAt !== null || this.#isFull(active)) await this.#step(active, savedAt);
      if (savedAt !== null) unsaved = 0;
    }
  }

  async #take(
    pools: ReadonlyMap<string, ActivePool>,
    rows: readonly SettlementRow[],
  ): Promise<void> {
    await this.#facts.learn(rows);
    for (const row of rows) takeRow(pools, row);
    this.counts.rowsRead += rows.length;
    for (const { settlement } of pools.values()) {
      await settlement.settleEnded(this.#settings.ledger.db);
    }
  }

  /** So much waits to be written, or for its container's end, that a step is due. */
  #isFull(active: readonly ActivePool[]): boolean {
    return this.#output.size >= COSTS_A_STEP || runsInMemory(active) > RUNS_IN_MEMORY;
  }

  async #activate(work: PoolToSettle): Promise<ActivePool> {
    const { db } = this.#settings.ledger;
    const { from, state: text, apartBefore } = await settlementStart(db, work);
    if (isLate(work)) {
      this.#late = true;
      const first = Math.min(from, work.dirtyFrom ?? from);
      this.changedFrom = Math.min(this.changedFrom ?? first, first);
    }
    if (apartBefore !== null) await this.#settleApart(work, apartBefore);
    // A step that was cut short has perhaps left sessions that no saved state knows.
    await db.transaction().execute(async (trx) => {
      await requireTurn(trx, this.#turn);
      this.#emptied.push(...(await rewindPool(trx, work, from)));
    });
    const state: PoolState | null = text === null ? null : JSON.parse(text);
    const rows = state === null ? [] : await settlementRowsOf(db, refsOf(state));
    await this.#facts.learn(rows, state);
    const periods = this.#facts.periodsOf(work.endpoint);
    const given = { from, state, rows };
    return { work, from, settlement: new PoolSettlement(this.#contextOf(work), periods, given) };
  }

  /**
   * Settles requests as if they had been alone, in sessions of no pool: nothing that is settled changes, and a
   * later rewind of the pool leaves them as they are. A page is one transaction, so a run that is cut short and
   * repeated never counts a session twice.
   */
  async #settleApart(work: PoolToSettle, before: EpochMicros): Promise<void> {
    const { db } = this.#settings.ledger;
    const { endpoint, dirtyFrom } = work;
    const window = { from: dirtyFrom ?? 0, to: before, endpoints: [endpoint] };
    const periods = this.#facts
      .periodsOf(endpoint)
      .map(({ from, settings }) => ({ from, settings: { ...settings, minContainers: 0 } }));
    for await (const page of settlementPages(db, window)) {
      const rows = page.rows.filter(
        (row) => row.found === null && (row.pool_id ?? 0) === work.pool,
      );
      const [first] = rows;
      if (first === undefined) continue;
      await this.#facts.learn(rows);
      const from = first.started_at;
      const context = this.#contextOf({ endpoint, pool: NO_POOL });
      const settlement = new PoolSettlement(context, periods, { from, state: null, rows: [] });
      let last = from;
      for (const row of rows) {
        settlement.advance(row.started_at);
        settlement.take(row);
        last = Math.max(last, row.started_at + row.runToUs);
      }
      settlement.finish(last + LONGEST_IDLE_US);
      this.counts.rowsRead += rows.length;
      await this.#step([{ work, from, settlement }], null);
    }
  }

  #contextOf(pool: PoolKey): PoolContext {
    const { endpoint, pool: number } = pool;
    return {
      pool: { endpoint, pool: number },
      book: this.#settings.priceBook,
      prices: this.#facts.prices,
      output: this.#output,
      facts: this.#facts.containers,
      learn: (found) => this.#facts.learn(found),
    };
  }

  /**
   * Writes what was found. `savedAt`: every request that started before it has been taken, and settlement
   * may go on from there; `null`: only what was found is written.
   */
  async #step(active: readonly ActivePool[], savedAt: EpochMicros | null): Promise<void> {
    const { db } = this.#settings.ledger;
    for (const { settlement } of active) await settlement.settleEnded(db);
    if (savedAt !== null || runsInMemory(active) > RUNS_IN_MEMORY) {
      for (const { settlement } of active) settlement.storeOpen();
    }
    await db.transaction().execute(async (trx) => {
      await requireTurn(trx, this.#turn);
      await this.#output.write(trx, this.#now);
      for (const { container, session } of this.#unserved) {
        await noteUnservedSession(trx, container, session);
      }
      await this.#refreshSpend(trx);
      if (savedAt !== null) await savePools(trx, active, savedAt);
    });
    this.counts.settled += this.#output.settled;
    this.#output.clear();
    this.#emptied = [];
    this.#unserved = [];
  }

  async #refreshSpend(trx: LedgerTransaction): Promise<void> {
    const hours = [...this.#output.hours, ...this.#emptied];
    for (const change of await refreshSpendHours(trx, hours, this.#apps)) {
      const key = `${change.hour},${change.endpoint}`;
      const earlier = this.#changes.get(key);
      this.#changes.set(key, earlier === undefined ? change : { ...earlier, after: change.after });
    }
  }

  /** What late rows changed of hours that were over: the difference of the first figure and the last. */
  async #noteCorrections(): Promise<void> {
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    if (!this.#late) return;
    const over = changes.filter(({ hour }) => hour + MICROS_PER_HOUR <= this.#now);
    const given = { at: this.#now, reason: 'late_rows' } as const;
    this.counts.corrections += await noteCorrections(this.#settings.ledger.db, over, given);
  }
}

function runsInMemory(active: readonly ActivePool[]): number {
  return active.reduce((sum, { settlement }) => sum + settlement.runsInMemory, 0);
}

async function savePools(
  trx: LedgerTransaction,
  active: readonly ActivePool[],
  savedAt: EpochMicros,
): Promise<void> {
  for (const { settlement, work, from } of active) {
    const at = Math.max(from, Math.min(savedAt, work.horizon));
    await savePool(trx, work, at, JSON.stringify(settlement.state()));
    await clearDirty(trx, work, { at, complete: at >= work.horizon });
  }
}

function takeRow(pools: ReadonlyMap<string, ActivePool>, row: SettlementRow): void {
  const pool = pools.get(`${row.endpoint_id},${row.pool_id ?? 0}`);
  if (pool === undefined || row.started_at < pool.from || row.started_at >= pool.work.horizon) {
    return;
  }
  pool.settlement.advance(row.started_at);
  pool.settlement.take(row);
}
