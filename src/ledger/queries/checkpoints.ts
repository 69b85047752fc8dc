import type { Kysely } from 'kysely';
import type { EpochMicros } from '../../core/units.ts';
import type { Database } from '../database.ts';

/** A quarter's decision as JSON. */
export interface StoredCheckpoint {
  readonly quarter: string;
  readonly at: EpochMicros;
  readonly payload: string;
}

/** Keeps the first checkpoint of a quarter: it is what people saw. */
export async function addCheckpoint(
  db: Kysely<Database>,
  checkpoint: StoredCheckpoint,
): Promise<void> {
  await db
    .insertInto('checkpoints')
    .values(checkpoint)
    .onConflict((conflict) => conflict.column('quarter').doNothing())
    .execute();
}

/** Newest first. */
export async function listCheckpoints(
  db: Kysely<Database>,
  limit: number,
): Promise<StoredCheckpoint[]> {
  return db.selectFrom('checkpoints').selectAll().orderBy('at', 'desc').limit(limit).execute();
}
