import type { Kysely } from 'kysely';
import type { Database } from '../database.ts';

/**
 * The place in the order of intake behind which the newest `rows` requests lie: where a follower begins.
 * Places have gaps, so it is looked up and not counted back. 0 when there are fewer.
 */
export async function seqBeforeNewest(db: Kysely<Database>, rows: number): Promise<number> {
  const row = await db
    .selectFrom('requests')
    .select('seq')
    .orderBy('seq', 'desc')
    .offset(rows)
    .limit(1)
    .executeTakeFirst();
  return row?.seq ?? 0;
}
