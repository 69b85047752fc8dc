import type { Kysely } from 'kysely';
import type { Outcome } from '../../core/outcome.ts';
import { type EpochMicros, MICROS_PER_HOUR } from '../../core/units.ts';
import type { Database } from '../database.ts';
import { findName } from '../names.ts';
import { storedIdsToFind } from '../request-id.ts';
import type { JoinedRequestRow } from '../request-row.ts';
import { joinedRequests } from './request-rows.ts';

export interface RequestFilter {
  /** Started at or after. */
  readonly since?: EpochMicros | undefined;
  /** Started before. */
  readonly until?: EpochMicros | undefined;
  readonly endpoint?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly client?: string | undefined;
  readonly operation?: string | undefined;
  /** A group's name, or a trace id. */
  readonly group?: string | undefined;
  /** Default: both. */
  readonly state?: 'open' | 'closed' | undefined;
  /** Default 50. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

/** A place in the list: requests are ordered by start, then by `uid`. */
export interface RequestPlace {
  readonly startedAt: EpochMicros;
  readonly uid: string;
}

/** What to look for: at most `limit` requests that come behind `before`. */
export interface WantedRequests {
  readonly filter: RequestFilter;
  readonly before: RequestPlace | null;
  readonly limit: number;
}

/** Closed requests, newest first. */
export async function filteredRows(
  db: Kysely<Database>,
  wanted: WantedRequests,
): Promise<JoinedRequestRow[]> {
  const ids = await filterIds(db, wanted.filter);
  if (ids === null) return [];
  const rows: JoinedRequestRow[] = [];
  for (const range of await rangesToScan(db, wanted, ids)) {
    const query = filtered(db, wanted, ids)
      .where('started_at', '>=', range.from)
      .where('started_at', '<', range.to)
      .limit(wanted.limit - rows.length);
    rows.push(...(await query.execute()));
    if (rows.length >= wanted.limit) break;
  }
  return rows;
}

interface FilterIds {
  readonly endpoint_id?: number;
  readonly client_id?: number;
  readonly operation_id?: number;
}

/** `null`: a name that no request has. */
async function filterIds(db: Kysely<Database>, filter: RequestFilter): Promise<FilterIds | null> {
  const ids: Record<string, number> = {};
  for (const kind of ['endpoint', 'client', 'operation'] as const) {
    const value = filter[kind];
    if (value === undefined) continue;
    const id = await findName(db, kind, value);
    if (id === null) return null;
    ids[`${kind}_id`] = id;
  }
  return ids;
}

interface TimeRange {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

/**
 * Roll-ups tell which hours have such requests, so that a rare one is found without reading all the others.
 */
async function rangesToScan(
  db: Kysely<Database>,
  { filter, before }: WantedRequests,
  ids: FilterIds,
): Promise<TimeRange[]> {
  const from = filter.since ?? 0;
  const newest = before === null ? Number.MAX_SAFE_INTEGER : before.startedAt + 1;
  const to = Math.min(filter.until ?? Number.MAX_SAFE_INTEGER, newest);
  const rare = Object.keys(ids).length > 0 || filter.outcome !== undefined;
  if (!rare || filter.group !== undefined) return [{ from, to }];
  let query = db
    .selectFrom('rollup_hours')
    .select('hour')
    .distinct()
    .where('hour', '>', from - MICROS_PER_HOUR)
    .where('hour', '<', to)
    .orderBy('hour', 'desc');
  if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome);
  for (const [column, id] of Object.entries(ids) as [keyof FilterIds, number][]) {
    query = query.where(column, '=', id);
  }
  const hours = await query.execute();
  return hours.map(({ hour }) => ({
    from: Math.max(from, hour),
    to: Math.min(to, hour + MICROS_PER_HOUR),
  }));
}

function filtered(db: Kysely<Database>, { filter, before }: WantedRequests, ids: FilterIds) {
  let query = joinedRequests(db).orderBy('started_at', 'desc').orderBy('uid', 'desc');
  if (filter.outcome !== undefined) query = query.where('requests.outcome', '=', filter.outcome);
  const { endpoint_id, ...kindIds } = ids;
  if (endpoint_id !== undefined) query = query.where('requests.endpoint_id', '=', endpoint_id);
  for (const [column, id] of Object.entries(kindIds) as ['client_id' | 'operation_id', number][]) {
    query = query.where(`request_kinds.${column}`, '=', id);
  }
  if (filter.group !== undefined) query = inGroup(query, filter.group);
  if (before !== null) {
    query = query.where((eb) =>
      eb.or([
        eb('started_at', '<', before.startedAt),
        eb.and([eb('started_at', '=', before.startedAt), eb('uid', '<', before.uid)]),
      ]),
    );
  }
  return query;
}

type Joined = ReturnType<typeof joinedRequests>;

/** A group that was not named is the trace, and the trace that was not brought is the id. */
function inGroup(query: Joined, group: string): Joined {
  const place = placeOfTrace(group);
  return query.where((eb) =>
    eb.or([
      eb('group_key', '=', group),
      eb.and([eb('group_key', 'is', null), eb('trace_id', '=', group)]),
      ...(place === null
        ? []
        : [
            eb.and([
              eb('group_key', 'is', null),
              eb('started_at', '=', place.startedAt),
              eb('uid', '=', place.uid),
            ]),
          ]),
    ]),
  );
}

/** Where the request is whose id has these 32 digits. */
function placeOfTrace(trace: string): { uid: string; startedAt: EpochMicros } | null {
  const digits = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(trace);
  if (digits === null) return null;
  const [place] = storedIdsToFind(digits.slice(1).join('-'));
  return place === undefined || place.startedAt === null
    ? null
    : { uid: place.uid, startedAt: place.startedAt };
}
