import { sql } from 'kysely';
import type { CostState } from '../../core/outcome.ts';
import type { EpochMicros, Micros, NanoUsd } from '../../core/units.ts';
import { loadNames } from '../names.ts';
import type { LedgerTransaction } from '../prepared-query.ts';
import { CURRENT_STATE, CURRENT_TOTAL, currentCost, requestsWithCosts } from './request-costs.ts';

/** Cost of requests, in the hours in which they started. */
export interface RequestCosts {
  readonly requests: number;
  readonly successes: number;
  /** Requests whose overhead is not known yet: their container is still open. */
  readonly provisional: number;
  readonly unpriced: number;
  readonly execNano: NanoUsd;
  readonly overheadNano: NanoUsd;
  readonly tokensNano: NanoUsd;
  readonly totalNano: NanoUsd;
  /** Of the total: requests that failed. */
  readonly failedNano: NanoUsd;
  readonly gpuUs: Micros;
  /** The cost of all, failed ones included, by success; `null` when there is none. */
  readonly perSuccessNano: NanoUsd | null;
}

/** A group is what the caller named one: a pipeline run. */
export const COST_DIMENSIONS = ['endpoint', 'operation', 'client', 'group'] as const;
export type CostDimension = (typeof COST_DIMENSIONS)[number];

interface CostWindow {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  /** Name of one endpoint. */
  readonly endpoint?: string;
}

/** By endpoint, operation, client or group, dearest first. `null`: requests without one. */
export async function costBy(
  db: LedgerTransaction,
  dimension: CostDimension,
  window: CostWindow,
): Promise<(RequestCosts & { readonly name: string | null })[]> {
  if (dimension === 'group') return await costByGroup(db, window);
  const column = `${dimension}_id` as const;
  const rows = await costSums(db, window)
    .select(column)
    .select('failed')
    .groupBy([column, 'failed'])
    .execute();
  const names = await loadNames(
    db,
    rows.map((row) => row[column]),
  );
  const parts = new Map<number, CostSums[]>();
  for (const row of rows) parts.set(row[column], [...(parts.get(row[column]) ?? []), row]);
  return [...parts]
    .map(([id, list]) => ({ name: names.get(id) ?? null, ...costsOf(list) }))
    .sort((a, b) => b.totalNano - a.totalNano);
}

/** All requests of the window. */
export async function costOfRequests(
  db: LedgerTransaction,
  window: CostWindow,
): Promise<RequestCosts> {
  return costsOf(await costSums(db, window).select('failed').groupBy('failed').execute());
}

/** Groups are many and short: they are added up from their requests, which an index of their own lists. */
async function costByGroup(
  db: LedgerTransaction,
  window: CostWindow,
): Promise<(RequestCosts & { readonly name: string | null })[]> {
  const state = (name: CostState) =>
    sql<number | null>`sum(case when ${CURRENT_STATE} = ${sql.lit(name)} then 1 else 0 end)`;
  const failed = sql<number>`case when outcome = 'ok' then 0 else 1 end`;
  // As in settlement: what used no GPU time was billed by tokens.
  const gpu = currentCost('gpu_us');
  const exec = sql<number>`case when ${gpu} is not null then ${currentCost('exec_nano')} end`;
  const tokens = sql<number>`case when ${gpu} is null then ${CURRENT_TOTAL} end`;
  const rows = await requestsWithCosts(db)
    .select(['group_key', failed.as('failed')])
    .select((eb) => [
      eb.fn.countAll<number>().as('requests'),
      state('provisional').as('provisional'),
      state('unpriced').as('unpriced'),
      eb.fn.sum<number | null>(exec).as('exec'),
      eb.fn.sum<number | null>(currentCost('overhead_nano')).as('overhead'),
      eb.fn.sum<number | null>(tokens).as('tokens'),
      eb.fn.sum<number | null>(gpu).as('gpu'),
    ])
    .where('started_at', '>=', window.from)
    .where('started_at', '<', window.to)
    .where('group_key', 'is not', null)
    .groupBy(['group_key', failed])
    .execute();
  const groups = new Map<string, CostSums[]>();
  for (const { group_key, ...row } of rows) {
    const name = group_key ?? '';
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups]
    .map(([name, list]) => ({ name, ...costsOf(list) }))
    .sort((a, b) => b.totalNano - a.totalNano);
}

interface CostSums {
  readonly failed: number;
  readonly requests: number | null;
  readonly provisional: number | null;
  readonly unpriced: number | null;
  readonly exec: number | null;
  readonly overhead: number | null;
  readonly tokens: number | null;
  readonly gpu: number | null;
}

function costSums(db: LedgerTransaction, { from, to, endpoint }: CostWindow) {
  const query = db
    .selectFrom('cost_hours')
    .select((eb) => [
      eb.fn.sum<number | null>('requests').as('requests'),
      eb.fn.sum<number | null>('provisional').as('provisional'),
      eb.fn.sum<number | null>('unpriced').as('unpriced'),
      eb.fn.sum<number | null>('exec_nano').as('exec'),
      eb.fn.sum<number | null>('overhead_nano').as('overhead'),
      eb.fn.sum<number | null>('tokens_nano').as('tokens'),
      eb.fn.sum<number | null>('gpu_us').as('gpu'),
    ])
    .where('hour', '>=', from)
    .where('hour', '<', to);
  if (endpoint === undefined) return query;
  return query.where('endpoint_id', '=', (eb) =>
    eb
      .selectFrom('names')
      .select('id')
      .where('kind', '=', 'endpoint')
      .where('value', '=', endpoint),
  );
}

function costsOf(parts: readonly CostSums[]): RequestCosts {
  const sum = (pick: (part: CostSums) => number | null) =>
    parts.reduce((total, part) => total + Number(pick(part) ?? 0), 0);
  const money = (part: CostSums) =>
    Number(part.exec ?? 0) + Number(part.overhead ?? 0) + Number(part.tokens ?? 0);
  const totalNano = sum(money);
  const successes = sum((part) => (part.failed === 0 ? part.requests : 0));
  return {
    requests: sum((part) => part.requests),
    successes,
    provisional: sum((part) => part.provisional),
    unpriced: sum((part) => part.unpriced),
    execNano: sum((part) => part.exec),
    overheadNano: sum((part) => part.overhead),
    tokensNano: sum((part) => part.tokens),
    totalNano,
    failedNano: sum((part) => (part.failed === 0 ? 0 : money(part))),
    gpuUs: sum((part) => part.gpu),
    perSuccessNano: successes === 0 ? null : Math.round(totalNano / successes),
  };
}
