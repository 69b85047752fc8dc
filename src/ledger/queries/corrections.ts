import type { EpochMicros } from '../../core/units.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';
import type { CostCorrectionsTable } from '../tables/cost.ts';
import type { SpendChange } from './spend-hours.ts';

/** Notes changes of hours that had a figure. @returns how many there were. */
export async function noteCorrections(
  trx: LedgerTransaction,
  changes: readonly SpendChange[],
  given: { readonly at: EpochMicros; readonly reason: CostCorrectionsTable['reason'] },
): Promise<number> {
  const rows = changes.flatMap(({ hour, endpoint, before, after }) =>
    before === null || before === after
      ? []
      : [{ ...given, endpoint_id: endpoint, hour, before_nano: before, after_nano: after }],
  );
  for (const chunk of chunksOf(rows, 100)) {
    await trx.insertInto('cost_corrections').values(chunk).execute();
  }
  return rows.length;
}
