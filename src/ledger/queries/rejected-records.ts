import type { Kysely } from 'kysely';
import type { EpochMicros } from '../../core/units.ts';
import type { Database } from '../database.ts';

/** Records that intake has set aside for a person, because the ledger refuses what they hold. */
export interface RejectedRecords {
  readonly count: number;
  /** `null` when there is none. */
  readonly newest: { readonly at: EpochMicros; readonly reason: string } | null;
}

export async function rejectedRecords(db: Kysely<Database>): Promise<RejectedRecords> {
  const { count } = await db
    .selectFrom('intake_rejected')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  const newest = await db
    .selectFrom('intake_rejected')
    .select(['rejected_at as at', 'reason'])
    .orderBy('rejected_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { count: Number(count), newest: newest ?? null };
}
