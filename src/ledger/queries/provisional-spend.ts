import type { EpochMicros, NanoUsd } from '../../core/units.ts';
import type { LedgerTransaction } from '../prepared-query.ts';

/**
 * Provisional cost of the requests that started in the window and that settlement has not seen. They are
 * the newest few seconds, or what waits behind a long request.
 */
export async function provisionalSpend(
  db: LedgerTransaction,
  window: { readonly from: EpochMicros; readonly to: EpochMicros },
): Promise<NanoUsd> {
  const settled = await db
    .selectFrom('settlement_pools')
    .select((eb) => eb.fn.min('settled_until').as('at'))
    .executeTakeFirst();
  const dirty = await db
    .selectFrom('dirty_pools')
    .select((eb) => eb.fn.min('from_us').as('at'))
    .executeTakeFirst();
  const starts = [settled?.at, dirty?.at].filter((at) => at !== null && at !== undefined);
  if (starts.length === 0) return 0;
  const row = await db
    .selectFrom('requests')
    .select((eb) => eb.fn.sum<number | null>(eb.fn.coalesce('total_nano', 'exec_nano')).as('nano'))
    .where('started_at', '>=', Math.max(window.from, Math.min(...starts.map(Number))))
    .where('started_at', '<', window.to)
    .where('session_id', 'is', null)
    .executeTakeFirst();
  return row?.nano ?? 0;
}
