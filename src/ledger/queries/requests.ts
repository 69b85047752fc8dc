import type { Kysely } from 'kysely';
import type { InterruptedRequest } from '../../core/crash-recovery.ts';
import type { LedgerRequest, OpenedRequest } from '../../core/request-record.ts';
import { openRequestView, type RequestView, requestView } from '../../core/request-view.ts';
import type { Database } from '../database.ts';
import { storedIdOf } from '../request-id.ts';
import { findSeq } from '../request-writer.ts';
import {
  filteredRows,
  type RequestFilter,
  type RequestPlace,
  type WantedRequests,
} from './request-filter.ts';
import { joinedRequests, requestsOf } from './request-rows.ts';

export interface RequestPage {
  /** Newest first. */
  readonly requests: RequestView[];
  /** Cursor of the page after, `null` on the last one. */
  readonly next: string | null;
}

/** @throws RangeError when the cursor is not one of ours. */
export async function listRequests(
  db: Kysely<Database>,
  filter: RequestFilter,
): Promise<RequestPage> {
  const limit = filter.limit ?? 50;
  const before = filter.cursor === undefined ? null : parseCursor(filter.cursor);
  const wanted = { filter, before, limit: limit + 1 };
  const [closed, open] = await Promise.all([
    filter.state === 'open' ? [] : closedRequests(db, wanted),
    filter.state === 'closed' || filter.outcome !== undefined ? [] : openRequests(db, wanted),
  ]);
  const merged = [...closed, ...open].sort(newestFirst);
  const page = merged.slice(0, limit);
  const last = page.at(-1);
  const next = merged.length > limit && last !== undefined ? `${last.startedAt}:${last.uid}` : null;
  return { requests: page.map((item) => item.view), next };
}

/** One request by its id, open or closed; `null` when the ledger does not have it. */
export async function findRequest(db: Kysely<Database>, id: string): Promise<RequestView | null> {
  const seq = await findSeq(db, id);
  if (seq !== null) {
    const row = await joinedRequests(db).where('requests.seq', '=', seq).executeTakeFirst();
    const [request] = row === undefined ? [] : await requestsOf(db, [row]);
    if (request !== undefined) return requestView(request);
  }
  const open = await db
    .selectFrom('open_requests')
    .select('payload')
    .where('id', '=', id)
    .executeTakeFirst();
  return open === undefined ? null : openView(JSON.parse(open.payload) as InterruptedRequest);
}

interface Listed extends RequestPlace {
  readonly view: RequestView;
}

async function closedRequests(db: Kysely<Database>, wanted: WantedRequests): Promise<Listed[]> {
  const rows = await filteredRows(db, wanted);
  const requests = await requestsOf(db, rows);
  return rows.map((row, index) => ({
    startedAt: row.started_at,
    uid: row.uid,
    view: requestView(requests[index] as LedgerRequest),
  }));
}

/** Few enough to be looked at one by one. */
async function openRequests(
  db: Kysely<Database>,
  { filter, before, limit }: WantedRequests,
): Promise<Listed[]> {
  const rows = await db
    .selectFrom('open_requests')
    .select('payload')
    .where('started_at', '>=', filter.since ?? 0)
    .where('started_at', '<', filter.until ?? Number.MAX_SAFE_INTEGER)
    .where('started_at', '<=', before?.startedAt ?? Number.MAX_SAFE_INTEGER)
    .execute();
  return rows
    .map(({ payload }) => JSON.parse(payload) as InterruptedRequest)
    .filter(({ request }) => matches(request, filter))
    .map((open) => {
      const { id, startedAt } = open.request;
      return { startedAt, uid: storedIdOf(id, startedAt), view: openView(open) };
    })
    .filter((listed) => before === null || newestFirst(before, listed) < 0)
    .sort(newestFirst)
    .slice(0, limit);
}

function matches(request: OpenedRequest, filter: RequestFilter): boolean {
  const { endpoint, client, operation, group, traceId } = request;
  return (
    (filter.endpoint ?? endpoint) === endpoint &&
    (filter.client ?? client) === client &&
    (filter.operation ?? operation) === operation &&
    (filter.group ?? group ?? traceId) === (group ?? traceId)
  );
}

function openView({ request, parked }: InterruptedRequest): RequestView {
  return openRequestView(request, parked);
}

/** As the database orders them: by code unit, not by a language's rules. */
function newestFirst(a: RequestPlace, b: RequestPlace): number {
  if (a.startedAt !== b.startedAt) return b.startedAt - a.startedAt;
  if (a.uid === b.uid) return 0;
  return a.uid < b.uid ? 1 : -1;
}

function parseCursor(cursor: string): RequestPlace {
  const [, startedAt, uid] = /^(\d{1,16}):(.+)$/.exec(cursor) ?? [];
  if (startedAt === undefined || uid === undefined) {
    throw new RangeError(`not a cursor of this list: ${JSON.stringify(cursor)}`);
  }
  return { startedAt: Number(startedAt), uid };
}
