import { sql } from 'kysely';
import { type EpochMicros, MICROS_PER_HOUR } from '../../core/units.ts';
import type { LedgerTransaction } from '../prepared-query.ts';
import { requestsWithCosts } from './request-costs.ts';

/**
 * The requests that settlement has not seen, with their provisional cost. Like spend, they count in a window when
 * the UTC hour in which they started starts in it: settling moves no dollar from one window to another.
 * They are the newest few seconds, what waits behind a long request, or what an import or a late journal brought.
 */
export async function unsettledRequests(
  db: LedgerTransaction,
  { from, to }: { readonly from: EpochMicros; readonly to: EpochMicros },
) {
  const first = (await unsettledFrom(db)) ?? to;
  return requestsWithCosts(db)
    .where('started_at', '>=', Math.max(hourCeil(from), first))
    .where('started_at', '<', hourCeil(to))
    .where('costs.session_id', 'is', null)
    .select((eb) => [
      eb.fn
        .sum<number | null>(eb.fn.coalesce('requests.total_nano', 'requests.exec_nano'))
        .as('provisional'),
      eb.fn.min<EpochMicros | null>(eb('started_at', '+', eb.ref('duration_us'))).as('since'),
    ]);
}

/** The start of the UTC hour of a request. No parameters: PostgreSQL groups by the text. */
export const HOUR_OF_START = sql<EpochMicros>`started_at - started_at % ${sql.lit(MICROS_PER_HOUR)}`;

/**
 * Nothing that started before this waits for settlement; `null`: nothing is on record. It only grows while
 * settlement works, so it may be read before the figures it bounds.
 */
async function unsettledFrom(db: LedgerTransaction): Promise<EpochMicros | null> {
  const settled = await db
    .selectFrom('settlement_pools')
    .select((eb) => eb.fn.min('settled_until').as('at'))
    .executeTakeFirst();
  const dirty = await db
    .selectFrom('dirty_pools')
    .select((eb) => eb.fn.min('from_us').as('at'))
    .executeTakeFirst();
  const starts = [settled?.at, dirty?.at].filter((at) => at !== null && at !== undefined);
  return starts.length === 0 ? null : Math.min(...starts.map(Number));
}

function hourCeil(at: EpochMicros): EpochMicros {
  return Math.ceil(at / MICROS_PER_HOUR) * MICROS_PER_HOUR;
}
