import type { PoolBounds } from '../core/occupancy/pool-bounds.ts';
import { type EpochMicros, MICROS_PER_HOUR } from '../core/units.ts';
import type { LedgerTransaction } from '../ledger/prepared-query.ts';
import { type RequestCostChange, recordCostChanges } from '../ledger/queries/export-feeds.ts';
import {
  type CostParts,
  costStateOf,
  type RequestCost,
  totalNanoOf,
} from '../ledger/queries/request-costs.ts';
import { RowCostWriter } from '../ledger/queries/row-cost-writer.ts';
import { type PoolKey, saveCheckpoints, saveLastSessionId } from '../ledger/queries/settlement.ts';
import type { SettlementRow } from '../ledger/queries/settlement-rows.ts';
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
  readonly #costs: RequestCost[] = [];
  readonly #finals: RequestCostChange[] = [];
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
    return this.#costs.length;
  }

  /** Numbers of their requests. */
  *waiting(): Generator<number> {
    for (const { seq } of this.#costs) yield seq;
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
  cost(row: SettlementRow, cost: RequestCost): void {
    if (row.found !== null && isSame(row.found, cost)) return;
    this.#replace(row, cost);
    const final = finalCostChange(row, cost);
    if (final !== null) this.#finals.push(final);
    if (costStateOf(cost) === 'settled') this.settled += 1;
  }

  /** A request that used no container: refused at the edge, never sent, or billed by tokens. */
  free(row: SettlementRow): void {
    if (row.found?.session_id === 0) return;
    this.#replace(row, { ...NO_COST, seq: row.seq });
    this.settled += 1;
  }

  /** `at`: now, for whoever is told of changed costs. */
  async write(trx: LedgerTransaction, at: EpochMicros): Promise<void> {
    await this.#writer.write(trx, this.#costs);
    await recordCostChanges(trx, this.#finals, at);
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
    for (const list of [this.#costs, this.#finals, this.#checkpoints]) list.length = 0;
    for (const map of [this.#sessions, this.#cells, this.#bounds, this.#changes]) map.clear();
    this.#recent.clear();
    this.hours.clear();
    this.settled = 0;
  }

  #replace(row: SettlementRow, cost: RequestCost): void {
    if (row.found !== null) this.#count(row, countedCost(row, row.found), -1);
    this.#count(row, countedCost(row, cost), 1);
    this.#costs.push(cost);
  }

  #count(row: SettlementRow, cost: CountedCost, sign: 1 | -1): void {
    const change = this.#changeOf(row);
    const tokens = cost.gpu_us === null;
    const state = costStateOf(cost);
    change.requests += sign;
    if (state === 'provisional') change.provisional += sign;
    if (state === 'unpriced') change.unpriced += sign;
    change.exec_us += sign * (cost.exec_us ?? 0);
    change.gpu_us += sign * (cost.gpu_us ?? 0);
    if (tokens) {
      change.tokens_nano += sign * (totalNanoOf(cost) ?? 0);
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

type CountedCost = CostParts & Pick<RequestCost, 'exec_us' | 'gpu_us'>;

/** Without a session the request keeps the cost it came with. */
function countedCost(row: SettlementRow, cost: RequestCost): CountedCost {
  if (cost.session_id > 0) return cost;
  const { gpu_us, exec_nano, overhead_nano } = row;
  return { gpu_us, exec_nano, overhead_nano, exec_us: null, modelled_nano: null };
}

const NO_COST: Omit<RequestCost, 'seq'> = {
  session_id: 0,
  price_id: null,
  exec_us: null,
  gpu_us: null,
  exec_nano: null,
  overhead_nano: null,
  low_nano: null,
  high_nano: null,
  modelled_nano: null,
  attribution: 'inferred',
};

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

function isSame(found: RequestCost, cost: RequestCost): boolean {
  return (
    found.session_id === cost.session_id &&
    found.price_id === cost.price_id &&
    found.exec_us === cost.exec_us &&
    found.exec_nano === cost.exec_nano &&
    found.overhead_nano === cost.overhead_nano &&
    found.low_nano === cost.low_nano &&
    found.high_nano === cost.high_nano &&
    found.modelled_nano === cost.modelled_nano &&
    found.attribution === cost.attribution
  );
}
