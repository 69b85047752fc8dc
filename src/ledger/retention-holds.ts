import type { Kysely } from 'kysely';
import { type EpochMicros, MICROS_PER_HOUR, type Micros } from '../core/units.ts';
import type { ExportStream } from '../ports/export-source.ts';
import type { Database } from './database.ts';
import { requestsWithCosts } from './queries/request-costs.ts';

/** A sink that wants rows before they may go. */
export interface RowTaker {
  readonly name: string;
  /** Before its first step it wants what is at most this old. */
  readonly backfillUs: Micros;
}

/** Who still needs rows that are old enough to go, and from which start on. */
export interface RetentionHold {
  /** Start of the oldest row that is needed, in microseconds. */
  readonly from: EpochMicros;
  readonly reason: string;
}

export interface HoldQuestion {
  readonly cutoff: EpochMicros;
  readonly now: EpochMicros;
  readonly sinks: readonly RowTaker[];
}

/** What forbids to delete every row before `cutoff`, oldest first. */
export async function retentionHolds(
  db: Kysely<Database>,
  { cutoff, now, sinks }: HoldQuestion,
): Promise<RetentionHold[]> {
  const holds = [hold(await oldestUnsettled(db, cutoff), 'requests are not settled yet')];
  for (const sink of sinks) {
    const from = await oldestWanted(db, sink, { cutoff, since: now - sink.backfillUs });
    holds.push(hold(from, `the sink ${sink.name} has not taken them yet`));
  }
  return holds.flat().sort((a, b) => a.from - b.from);
}

function hold(from: EpochMicros | null, reason: string): RetentionHold[] {
  return from === null ? [] : [{ from, reason }];
}

async function oldestUnsettled(
  db: Kysely<Database>,
  cutoff: EpochMicros,
): Promise<EpochMicros | null> {
  const row = await requestsWithCosts(db)
    .select('started_at')
    .where('started_at', '<', cutoff)
    .where('costs.session_id', 'is', null)
    .orderBy('started_at')
    .limit(1)
    .executeTakeFirst();
  return row?.started_at ?? null;
}

interface Span {
  readonly cutoff: EpochMicros;
  readonly since: EpochMicros;
}

async function oldestWanted(
  db: Kysely<Database>,
  { name }: RowTaker,
  { cutoff, since }: Span,
): Promise<EpochMicros | null> {
  const cursors = await db
    .selectFrom('export_cursors')
    .select(['stream', 'position'])
    .where('sink', '=', name)
    .execute();
  const after = (stream: ExportStream) =>
    cursors.find((cursor) => cursor.stream === stream)?.position ?? null;
  const requests = after('requests');
  // A sink that has not begun starts at the first row that is young enough.
  if (requests === null) return oldestSince(db, { cutoff, since });
  const ofRequests = await oldestBehind(db, requests, cutoff);
  const costs = after('costs');
  const ofCosts = costs === null ? null : await oldestChanged(db, costs, cutoff);
  if (ofRequests === null || ofCosts === null) return ofRequests ?? ofCosts;
  return Math.min(ofRequests, ofCosts);
}

async function oldestSince(db: Kysely<Database>, { cutoff, since }: Span) {
  const row = await db
    .selectFrom('requests')
    .select('started_at')
    // What shares an hour with it is kept as well.
    .where('started_at', '>=', Math.floor(since / MICROS_PER_HOUR) * MICROS_PER_HOUR)
    .where('started_at', '<', cutoff)
    .orderBy('started_at')
    .limit(1)
    .executeTakeFirst();
  return row?.started_at ?? null;
}

async function oldestBehind(db: Kysely<Database>, position: number, cutoff: EpochMicros) {
  const row = await db
    .selectFrom('requests')
    .select('started_at')
    .where('started_at', '<', cutoff)
    .where('seq', '>', position)
    .orderBy('started_at')
    .limit(1)
    .executeTakeFirst();
  return row?.started_at ?? null;
}

/** Changes of costs are told with their request. */
async function oldestChanged(db: Kysely<Database>, position: number, cutoff: EpochMicros) {
  const row = await db
    .selectFrom('cost_changes')
    .innerJoin('requests', 'requests.seq', 'cost_changes.request_seq')
    .select((eb) => eb.fn.min<number | null>('requests.started_at').as('from'))
    .where('cost_changes.seq', '>', position)
    .where('requests.started_at', '<', cutoff)
    .executeTakeFirstOrThrow();
  return row.from === null ? null : Number(row.from);
}
