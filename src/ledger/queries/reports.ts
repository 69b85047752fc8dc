import type { Kysely } from 'kysely';
import type { EpochMicros } from '../../core/units.ts';
import type { Database } from '../database.ts';

/** A report as it was sent. */
export interface KeptReport {
  readonly period: string;
  readonly kind: 'weekly' | 'checkpoint';
  readonly madeAt: EpochMicros;
  readonly payload: string;
}

/** Keeps the first report of a period: it is what people read. */
export async function keepReport(db: Kysely<Database>, report: KeptReport): Promise<void> {
  const { madeAt, ...rest } = report;
  await db
    .insertInto('reports')
    .values({ ...rest, made_at: madeAt })
    .onConflict((conflict) => conflict.column('period').doNothing())
    .execute();
}

export async function keptReport(db: Kysely<Database>, period: string): Promise<KeptReport | null> {
  const row = await db
    .selectFrom('reports')
    .selectAll()
    .where('period', '=', period)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { made_at: madeAt, ...rest } = row;
  return { ...rest, madeAt };
}

/** Periods that were reported, newest first, without what they say. */
export async function keptReports(
  db: Kysely<Database>,
): Promise<readonly Omit<KeptReport, 'payload'>[]> {
  const rows = await db
    .selectFrom('reports')
    .select(['period', 'kind', 'made_at'])
    .orderBy('made_at', 'desc')
    .orderBy('period', 'desc')
    .execute();
  return rows.map(({ made_at: madeAt, ...rest }) => ({ ...rest, madeAt }));
}
