import type { Kysely } from 'kysely';
import type { LedgerRequest } from '../../core/request-record.ts';
import type { EpochMicros } from '../../core/units.ts';
import type { Database } from '../database.ts';
import { findName } from '../names.ts';
import { joinedRequests, requestsOf } from './request-rows.ts';

/** A closed request with its place in the order of intake: the cursor of whoever has taken it. */
export interface NumberedRequest {
  readonly seq: number;
  readonly request: LedgerRequest;
}

/**
 * Up to `limit` requests behind `seq`, in the order of intake. Rows become visible in that order, so a
 * cursor at the last one misses nothing.
 */
export async function requestsAfter(
  db: Kysely<Database>,
  seq: number,
  limit: number,
): Promise<NumberedRequest[]> {
  const rows = await joinedRequests(db)
    .where('requests.seq', '>', seq)
    .orderBy('requests.seq')
    .limit(limit)
    .execute();
  const requests = await requestsOf(db, rows);
  return rows.map((row, index) => ({ seq: row.seq, request: requests[index] as LedgerRequest }));
}

/** How many requests lie behind a cursor: an export's depth. */
export async function countAfter(db: Kysely<Database>, seq: number): Promise<number> {
  const { rows } = await db
    .selectFrom('requests')
    .select((eb) => eb.fn.countAll().as('rows'))
    .where('seq', '>', seq)
    .executeTakeFirstOrThrow();
  return Number(rows);
}

/** Start of the oldest request behind a cursor, `null` when there is none: an export's lag. */
export async function oldestAfter(db: Kysely<Database>, seq: number): Promise<EpochMicros | null> {
  const row = await db
    .selectFrom('requests')
    .select('started_at')
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row?.started_at ?? null;
}

export interface ExportFilter {
  readonly since?: EpochMicros | undefined;
  readonly until?: EpochMicros | undefined;
  readonly endpoint?: string | undefined;
}

const PAGE_ROWS = 2_000;

/** Every closed request that matches, in the order of intake, a page at a time in memory. */
export async function* exportRequests(
  db: Kysely<Database>,
  filter: ExportFilter = {},
): AsyncGenerator<NumberedRequest> {
  const matching = await matchingRequests(db, filter);
  if (matching === null) return;
  let after = 0;
  for (;;) {
    const rows = await matching.where('requests.seq', '>', after).limit(PAGE_ROWS).execute();
    const requests = await requestsOf(db, rows);
    for (const [index, row] of rows.entries()) {
      yield { seq: row.seq, request: requests[index] as LedgerRequest };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    after = last.seq;
  }
}

/** `null`: no request has that endpoint. */
async function matchingRequests(db: Kysely<Database>, filter: ExportFilter) {
  let query = joinedRequests(db).orderBy('requests.seq');
  if (filter.since !== undefined) query = query.where('started_at', '>=', filter.since);
  if (filter.until !== undefined) query = query.where('started_at', '<', filter.until);
  if (filter.endpoint === undefined) return query;
  const endpoint = await findName(db, 'endpoint', filter.endpoint);
  return endpoint === null ? null : query.where('endpoint_id', '=', endpoint);
}
