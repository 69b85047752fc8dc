import type { Kysely } from 'kysely';
import type { Database } from '../database.ts';

/** The newest place in the order of intake, 0 when there is none: where a follower begins. */
export async function newestSeq(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('requests')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .executeTakeFirst();
  return row?.seq ?? 0;
}
