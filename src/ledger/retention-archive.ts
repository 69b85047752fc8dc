import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { LedgerRequest } from '../core/request-record.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../core/units.ts';
import type { Database } from './database.ts';
import { joinedRequests, requestsOf } from './queries/request-rows.ts';
import { writeParquetFile } from './write-parquet-file.ts';

/** Rows of one UTC day with a `seq` of at most `upTo`: the part that may be deleted. */
export interface ArchivedDay {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly upTo: number;
}

const PAGE_ROWS = 2_000;

/**
 * Writes the oldest UTC day of requests that ends at or before `cutoff` to `folder`, durably, and says what may
 * be deleted now; `null` when there is none. A file is `requests-2026-08-26-<seq>.parquet`, named for its last
 * row: a run that was cut between writing and deleting writes nothing twice, and rows of an archived day that
 * come later (an import) get a file of their own. Rows numbered behind `upTo` are not looked at. @throws Error when the folder cannot be written; nothing may
 * be deleted then.
 */
export async function archiveOldestDay(
  db: Kysely<Database>,
  folder: string,
  { cutoff, upTo }: { readonly cutoff: EpochMicros; readonly upTo: number },
): Promise<ArchivedDay | null> {
  const from = await oldestDay(db, upTo);
  if (from === null || from + MICROS_PER_DAY > cutoff) return null;
  const to = from + MICROS_PER_DAY;
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  const name = new Date(from / 1_000).toISOString().slice(0, 10);
  const archived = lastArchived(folder, name);
  const last = await lastSeq(db, { from, to }, upTo);
  if (last > archived) {
    const file = join(folder, `requests-${name}-${String(last).padStart(12, '0')}.parquet`);
    await writeParquetFile(file, requestsOfDay(db, { from, to }, { after: archived, upTo: last }));
  }
  return { from, to, upTo: last };
}

interface Day {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

async function oldestDay(db: Kysely<Database>, upTo: number): Promise<EpochMicros | null> {
  const row = await db
    .selectFrom('requests')
    .select('started_at')
    .where('seq', '<=', upTo)
    .orderBy('started_at')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : Math.floor(row.started_at / MICROS_PER_DAY) * MICROS_PER_DAY;
}

async function lastSeq(db: Kysely<Database>, { from, to }: Day, upTo: number): Promise<number> {
  const { seq } = await db
    .selectFrom('requests')
    .select((eb) => eb.fn.max<number | null>('seq').as('seq'))
    .where('started_at', '>=', from)
    .where('started_at', '<', to)
    .where('seq', '<=', upTo)
    .executeTakeFirstOrThrow();
  return Number(seq ?? 0);
}

/** The last row of the day that a file has, 0 when there is none. */
function lastArchived(folder: string, day: string): number {
  const pattern = new RegExp(`^requests-${day}-(\\d+)\\.parquet$`);
  const numbers = readdirSync(folder).map((file) => Number(pattern.exec(file)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

/** By start, along its index: the order of intake would read past every younger row. */
async function* requestsOfDay(
  db: Kysely<Database>,
  { from, to }: Day,
  { after, upTo }: { after: number; upTo: number },
): AsyncGenerator<LedgerRequest> {
  let place = { at: from, seq: 0 };
  for (;;) {
    const { at, seq } = place;
    const rows = await joinedRequests(db)
      .where('started_at', '>=', at)
      .where('started_at', '<', to)
      .where((eb) => eb.or([eb('started_at', '>', at), eb('requests.seq', '>', seq)]))
      .where('requests.seq', '>', after)
      .where('requests.seq', '<=', upTo)
      .orderBy('started_at')
      .orderBy('requests.seq')
      .limit(PAGE_ROWS)
      .execute();
    yield* await requestsOf(db, rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    place = { at: last.started_at, seq: last.seq };
  }
}
