import type { RequestCostChange } from '../ledger/queries/export-feeds.ts';
import type { RowCost } from '../ledger/queries/row-cost-writer.ts';
import type { SettlementRow } from '../ledger/queries/settlement-rows.ts';

type Costed = Pick<RowCost, 'cost_state' | 'total_nano'>;

/**
 * What sinks are told of a request's new cost: nothing while its final total stays the same. A request whose
 * session is opened again has no final total until it is settled once more; that is a change to 0.
 */
export function finalCostChange(row: SettlementRow, cost: RowCost): RequestCostChange | null {
  const before = finalTotal(row);
  const after = finalTotal(cost);
  if (before === after) return null;
  return {
    requestSeq: cost.seq,
    state: cost.cost_state,
    totalNano: after ?? 0,
    previousNano: before,
  };
}

function finalTotal({ cost_state, total_nano }: Costed): number | null {
  return cost_state === 'settled' || cost_state === 'reconciled' ? total_nano : null;
}
