import type { Kysely } from 'kysely';
import type { EpochMicros } from '../../core/units.ts';
import type { JobRunStore } from '../../ports/jobs.ts';
import type { Database } from '../database.ts';

/** Runs of jobs, unique by job and slot: the key decides between two instances. */
export function jobRunStore(db: Kysely<Database>): JobRunStore {
  return {
    lastSlot: async (job) => {
      const row = await db
        .selectFrom('job_runs')
        .select((eb) => eb.fn.max('slot').as('slot'))
        .where('job', '=', job)
        .executeTakeFirst();
      return row?.slot ?? null;
    },
    claim: async ({ job, slot, holder, now, until }) => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('job_runs')
        .values({
          job,
          slot,
          status: 'running',
          holder,
          claimed_until: until,
          attempts: 1,
          started_at: now,
          finished_at: null,
          error: null,
        })
        .onConflict((conflict) => conflict.columns(['job', 'slot']).doNothing())
        .executeTakeFirst();
      return (numInsertedOrUpdatedRows ?? 0n) > 0n;
    },
    reclaim: async ({ job, holder, now, until, maxAttempts }) => {
      const rows = await db
        .updateTable('job_runs')
        .set((eb) => ({
          status: 'running',
          holder,
          claimed_until: until,
          attempts: eb('attempts', '+', 1),
        }))
        .where('job', '=', job)
        .where('status', 'in', ['running', 'failed'])
        .where('claimed_until', '<=', now)
        .where('attempts', '<', maxAttempts)
        .returning('slot')
        .execute();
      return rows.map(({ slot }) => slot).sort((a, b) => a - b);
    },
    finish: async ({ job, slot, at, error, retryAt }) => {
      await db
        .updateTable('job_runs')
        .set({
          status: error === null ? 'done' : 'failed',
          finished_at: at,
          error,
          claimed_until: retryAt,
        })
        .where('job', '=', job)
        .where('slot', '=', slot)
        .execute();
    },
  };
}

/** How a job has fared; `null`: it never ran. */
export async function jobHistory(
  db: Kysely<Database>,
  job: string,
): Promise<{
  startedAt: EpochMicros;
  lastSuccessAt: EpochMicros | null;
  lastError: string | null;
} | null> {
  const sums = await db
    .selectFrom('job_runs')
    .select((eb) => [
      eb.fn.min('started_at').as('first'),
      eb.fn
        .max(eb.case().when('status', '=', 'done').then(eb.ref('finished_at')).else(null).end())
        .as('success'),
    ])
    .where('job', '=', job)
    .executeTakeFirst();
  if (sums === undefined || sums.first === null) return null;
  const newest = await db
    .selectFrom('job_runs')
    .select('error')
    .where('job', '=', job)
    .where('status', 'in', ['done', 'failed'])
    .orderBy('slot', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    startedAt: sums.first,
    lastSuccessAt: sums.success,
    lastError: newest?.error ?? null,
  };
}
