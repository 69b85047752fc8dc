import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Attribution, CostState } from '../../core/outcome.ts';
import type { NanoUsd } from '../../core/units.ts';
import type { LedgerTransaction } from '../prepared-query.ts';
import type { RequestCostsTable } from '../tables/cost.ts';

export type RequestCost = Selectable<RequestCostsTable>;

/** The money of a request that its state and its total follow from. */
export type CostParts = Pick<RequestCost, 'exec_nano' | 'overhead_nano' | 'modelled_nano'>;

export function costStateOf({ exec_nano, overhead_nano, modelled_nano }: CostParts): CostState {
  if (exec_nano === null) return 'unpriced';
  if (overhead_nano === null) return 'provisional';
  return modelled_nano === null ? 'settled' : 'reconciled';
}

/** `null` while the overhead is not known. */
export function totalNanoOf({ exec_nano, overhead_nano }: CostParts): NanoUsd | null {
  return exec_nano === null || overhead_nano === null ? null : exec_nano + overhead_nano;
}

/** Every request, with what settlement found of it where it has: `costs`. */
export function requestsWithCosts(db: LedgerTransaction) {
  return db.selectFrom('requests').leftJoin('request_costs as costs', 'costs.seq', 'requests.seq');
}

/** A request comes with a first estimate of these. */
export const SHARED_COLUMNS = [
  ...(['price_id', 'gpu_us', 'exec_nano', 'overhead_nano', 'low_nano', 'high_nano'] as const),
] as const;
type SharedColumn = (typeof SHARED_COLUMNS)[number];

/** In `requestsWithCosts`: settlement's figure, or what the request came with while there is none. */
export function currentCost(column: SharedColumn): RawBuilder<number | null> {
  return bySettlement(sql.ref(`costs.${column}`), column);
}

/** As `costStateOf`. */
export const CURRENT_STATE: RawBuilder<CostState> = bySettlement(
  sql`case when costs.exec_nano is null then 'unpriced'
    when costs.overhead_nano is null then 'provisional'
    when costs.modelled_nano is null then 'settled' else 'reconciled' end`,
  'cost_state',
);

export const CURRENT_ATTRIBUTION: RawBuilder<Attribution> = bySettlement(
  sql.ref('costs.attribution'),
  'attribution',
);

/** As `totalNanoOf`. */
export const CURRENT_TOTAL: RawBuilder<number | null> = bySettlement(
  sql`costs.exec_nano + costs.overhead_nano`,
  'total_nano',
);

function bySettlement<T>(found: RawBuilder<unknown>, column: string): RawBuilder<T> {
  const own = sql.ref(`requests.${column}`);
  return sql<T>`case when costs.session_id > 0 then ${found} else ${own} end`;
}
