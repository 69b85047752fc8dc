import type { RequestCostChange } from '../ledger/queries/export-feeds.ts';
import { costStateOf, type RequestCost, totalNanoOf } from '../ledger/queries/request-costs.ts';
import type { SettlementRow } from '../ledger/queries/settlement-rows.ts';

/**
 * What sinks are told of a request's new cost: nothing while its final total stays the same. A request whose
 * session is opened again has no final total until it is settled once more; that is a change to 0.
 */
export function finalCostChange(row: SettlementRow, cost: RequestCost): RequestCostChange | null {
  const before = row.found === null ? null : finalTotal(row.found);
  const after = finalTotal(cost);
  if (before === after) return null;
  return {
    requestSeq: cost.seq,
    state: costStateOf(cost),
    totalNano: after ?? 0,
    previousNano: before,
  };
}

/** Without a session the request was final as it came, and nobody was told. */
function finalTotal(cost: RequestCost): number | null {
  return cost.session_id === 0 ? null : totalNanoOf(cost);
}
