import type { Run } from '../core/occupancy/run.ts';
import type { EpochMicros, Micros } from '../core/units.ts';
import type { LedgerTransaction } from '../ledger/prepared-query.ts';
import {
  type RowPlace,
  type SettlementRow,
  settlementRows,
} from '../ledger/queries/settlement-rows.ts';
import { ContainerFacts } from './container-facts.ts';

/** Requests of one endpoint as a replay takes them. */
export interface StoredRuns {
  /** Runs of each pool, in the order of their starts. */
  readonly pools: readonly (readonly Run[])[];
  readonly requests: number;
  /** Median time from a container's start to its readiness, where containers said so; else `null`. */
  readonly coldStartUs: Micros | null;
}

/**
 * Reads the requests of `[from, to)` into memory: about 100 bytes each. `named`: with what is known of the
 * containers that ran them; under other settings there would have been others.
 */
export async function storedRuns(
  db: LedgerTransaction,
  endpoint: number,
  window: { readonly from: EpochMicros; readonly to: EpochMicros; readonly named?: boolean },
): Promise<StoredRuns> {
  const facts = new ContainerFacts();
  const pools = new Map<number, Run[]>();
  const boots: Micros[] = [];
  let after: RowPlace = { startedAt: window.from, uid: '' };
  for (;;) {
    const rows = await settlementRows(db, { after, to: window.to, endpoints: [endpoint] });
    const last = rows.at(-1);
    if (last === undefined) break;
    if (window.named === true) await facts.learn(db, rows);
    for (const row of rows) addRun(pools, row, window.named === true ? facts : null);
    boots.push(...rows.flatMap(bootOf));
    after = { startedAt: last.started_at, uid: last.uid };
  }
  const lists = [...pools.values()];
  for (const runs of lists) runs.sort((a, b) => a.start - b.start);
  boots.sort((a, b) => a - b);
  return {
    pools: lists,
    requests: lists.reduce((sum, { length }) => sum + length, 0),
    coldStartUs: boots[Math.floor(boots.length / 2)] ?? null,
  };
}

function addRun(pools: Map<number, Run[]>, row: SettlementRow, facts: ContainerFacts | null): void {
  const ran = facts === null ? namelessRun(row) : facts.runOf(row);
  if (ran === null) return;
  const runs = pools.get(row.pool_id ?? 0) ?? [];
  runs.push({ ...ran, ref: row.seq, failed: row.outcome !== 'ok', price: 0 });
  pools.set(row.pool_id ?? 0, runs);
}

function namelessRun(row: SettlementRow): Pick<Run, 'start' | 'end' | 'claim'> | null {
  if (row.runFromUs === null) return null;
  const start = row.started_at + row.runFromUs;
  return { start, end: row.started_at + row.runToUs, claim: null };
}

function bootOf({ cold_start, ready_delay_us }: SettlementRow): Micros[] {
  return cold_start === 1 && ready_delay_us !== null ? [ready_delay_us] : [];
}
