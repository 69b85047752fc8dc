import type { PoolBounds } from '../core/occupancy/pool-bounds.ts';
import { type EpochMicros, MICROS_PER_HOUR } from '../core/units.ts';
import type { LedgerTransaction } from '../ledger/prepared-query.ts';
import { type RequestCostChange, recordCostChanges } from '../ledger/queries/export-feeds.ts';
import { type RowCost, RowCostWriter } from '../ledger/queries/row-cost-writer.ts';
import { type PoolKey, saveCheckpoints, saveLastSessionId } from '../ledger/queries/settlement.ts';
import { markWithoutSession, type SettlementRow } from '../ledger/queries/settlement-rows.ts';
import {
  addCostHours,
  savePoolHours,
  saveSessionHours,
  saveSessions,
} from '../ledger/queries/settlement-writes.ts';
import type {
  ContainerSessionsTable,
  CostHoursTable,
  PoolHoursTable,
  SessionHoursTable,
} from '../ledger/tables/cost.ts';

import { finalCostChange } from './final-cost-change.ts';

export type BoundsHour = ReturnType<PoolBounds['snapshot']>[number];

/** Operation and client of a request, by its `kind_id`. */
export type RequestKinds = ReadonlyMap<
  number,
  { readonly operation_id: number | null; readonly client_id: number | null }
>;

/** What a settlement has found and not yet written. */
export class SettlementOutput {
  readonly hours = new Set<EpochMicros>();
  readonly #kinds: RequestKinds;
  readonly #writer: RowCostWriter;
  readonly #costs: RowCost[] = [];
  readonly #finals: RequestCostChange[] = [];
  readonly #free: number[] = [];
  readonly #sessions = new Map<number, ContainerSessionsTable>();
  readonly #cells = new Map<string, SessionHoursTable>();
  readonly #bounds = new Map<string, PoolHoursTable>();
  readonly #changes = new Map<string, CostHoursTable>();
  readonly #recent = new Map<number, CostHoursTable>();
  readonly #checkpoints: (PoolKey & { readonly at: EpochMicros; readonly state: string })[] = [];
  #lastSession: number;
  #savedSession: number;
  settled = 0;

  constructor(db: LedgerTransaction, lastSession: number, kinds: RequestKinds) {
    this.#writer = new RowCostWriter(db);
    this.#lastSession = lastSession;
    this.#savedSession = lastSession;
    this.#kinds = kinds;
  }

  /** Costs that wait to be written. */
  get size(): number {
    return this.#costs.length + this.#free.length;
  }

  newSessionId(): number {
    this.#lastSession += 1;
    return this.#lastSession;
  }

  session(row: ContainerSessionsTable): void {
    this.#sessions.set(row.id, row);
  }

  cell(cell: SessionHoursTable): void {
    this.#cells.set(`${cell.session_id},${cell.hour}`, cell);
    this.hours.add(cell.hour);
  }

  bounds(row: PoolHoursTable): void {
    this.#bounds.set(`${row.endpoint_id},${row.pool_id},${row.hour}`, row);
    this.hours.add(row.hour);
  }

  checkpoint(key: PoolKey, at: EpochMicros, state: string): void {
    this.#checkpoints.push({ ...key, at, state });
  }

  /** A request's cost, if it differs from what the row has. */
  cost(row: SettlementRow, cost: RowCost): void {
    if (isSame(row, cost)) return;
    if (row.session_id !== null) this.#count(row, row, -1);
    this.#count(row, cost, 1);
    this.#costs.push(cost);
    const final = finalCostChange(row, cost);
    if (final !== null) this.#finals.push(final);
    if (cost.cost_state === 'settled') this.settled += 1;
  }

  /** A request that used no container: refused at the edge, never sent, or billed by tokens. */
  free(row: SettlementRow): void {
    if (row.session_id === 0) return;
    if (row.session_id !== null) this.#count(row, row, -1);
    this.#count(row, row, 1);
    this.#free.push(row.seq);
    this.settled += 1;
  }

  /** `at`: now, for whoever is told of changed costs. */
  async write(trx: LedgerTransaction, at: EpochMicros): Promise<void> {
    await this.#writer.write(trx, this.#costs);
    await recordCostChanges(trx, this.#finals, at);
    await markWithoutSession(trx, this.#free);
    await saveSessions(trx, [...this.#sessions.values()]);
    await saveSessionHours(trx, [...this.#cells.values()]);
    await savePoolHours(trx, [...this.#bounds.values()]);
    await addCostHours(trx, [...this.#changes.values()]);
    await saveCheckpoints(trx, this.#checkpoints);
    if (this.#lastSession > this.#savedSession) {
      await saveLastSessionId(trx, this.#lastSession);
      this.#savedSession = this.#lastSession;
    }
  }

  clear(): void {
    for (const list of [this.#costs, this.#finals, this.#free, this.#checkpoints]) list.length = 0;
    for (const map of [this.#sessions, this.#cells, this.#bounds, this.#changes]) map.clear();
    this.#recent.clear();
    this.hours.clear();
    this.settled = 0;
  }

  #count(row: SettlementRow, cost: CountedCost, sign: 1 | -1): void {
    const change = this.#changeOf(row);
    const tokens = cost.gpu_us === null;
    const unpriced = cost.cost_state === 'unpriced';
    change.requests += sign;
    if (cost.cost_state === 'provisional') change.provisional += sign;
    if (unpriced) change.unpriced += sign;
    change.exec_us += sign * (cost.exec_us ?? 0);
    change.gpu_us += sign * (cost.gpu_us ?? 0);
    if (tokens) {
      change.tokens_nano += sign * (cost.total_nano ?? 0);
      return;
    }
    change.exec_nano += sign * (cost.exec_nano ?? 0);
    change.overhead_nano += sign * (cost.overhead_nano ?? 0);
  }

  #changeOf(row: SettlementRow): CostHoursTable {
    const hour = row.started_at - (row.started_at % MICROS_PER_HOUR);
    const failed = row.outcome === 'ok' ? 0 : 1;
    // Requests of one kind come one after the other: most find the hour of the one before.
    const recent = this.#recent.get(2 * row.kind_id + failed);
    if (recent?.hour === hour && recent.endpoint_id === row.endpoint_id) return recent;
    const kind = this.#kinds.get(row.kind_id);
    const operation = kind?.operation_id ?? 0;
    const client = kind?.client_id ?? 0;
    const key = `${hour},${row.endpoint_id},${operation},${client},${failed}`;
    let change = this.#changes.get(key);
    if (change === undefined) {
      change = {
        hour,
        endpoint_id: row.endpoint_id,
        operation_id: operation,
        client_id: client,
        failed,
        ...NOTHING,
      };
      this.#changes.set(key, change);
      this.hours.add(hour);
    }
    this.#recent.set(2 * row.kind_id + failed, change);
    return change;
  }
}

type CountedCost = Pick<
  RowCost,
  'cost_state' | 'exec_us' | 'gpu_us' | 'exec_nano' | 'overhead_nano' | 'total_nano'
>;

const NOTHING = {
  requests: 0,
  provisional: 0,
  unpriced: 0,
  exec_us: 0,
  gpu_us: 0,
  exec_nano: 0,
  overhead_nano: 0,
  tokens_nano: 0,
};

function isSame(row: SettlementRow, cost: RowCost): boolean {
  return (
    row.session_id === cost.session_id &&
    row.cost_state === cost.cost_state &&
    row.exec_us === cost.exec_us &&
    row.exec_nano === cost.exec_nano &&
    row.total_nano === cost.total_nano &&
    row.low_nano === cost.low_nano &&
    row.high_nano === cost.high_nano &&
    row.attribution === cost.attribution &&
    row.price_id === cost.price_id &&
    row.modelled_nano === cost.modelled_nano
  );
}
