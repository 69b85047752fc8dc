import type { Kysely } from 'kysely';
import type { AlertEvent } from '../../core/alert-event.ts';
import type { LedgerRequest } from '../../core/request-record.ts';
import type { EpochMicros } from '../../core/units.ts';
import type {
  AlertItem,
  CostItem,
  ExportBacklog,
  ExportItem,
  ExportPage,
  ExportPlace,
  ExportSource,
  ExportStream,
  RefusedItem,
} from '../../ports/export-source.ts';
import type { Database } from '../database.ts';
import type { LedgerTransaction } from '../prepared-query.ts';
import { requestsAfter } from './export.ts';
import { joinedRequests, requestsOf } from './request-rows.ts';

/** The ledger's streams and cursors, for `src/export`. */
export function ledgerExportSource(db: Kysely<Database>): ExportSource {
  return {
    position: (place, since) => positionOf(db, place, since),
    read: (stream, after, limit) => READERS[stream](db, after, limit),
    advance: (place, position, at) => advance(db, place, position, at),
    setAside: (place, refused) => setAside(db, place, refused),
    pending: (stream, after) => pendingOf(db, stream, after),
    refusedCount: (sink) => refusedCount(db, sink),
  };
}

async function positionOf(db: Kysely<Database>, place: ExportPlace, since: EpochMicros) {
  const row = await db
    .selectFrom('export_cursors')
    .select('position')
    .where('sink', '=', place.sink)
    .where('stream', '=', place.stream)
    .executeTakeFirst();
  if (row !== undefined) return row.position;
  const position = await firstPosition(db, place.stream, since);
  await advance(db, place, position, since);
  return position;
}

/** The position before the first item of `since` or later; the newest there is when there is none. */
async function firstPosition(
  db: Kysely<Database>,
  stream: ExportStream,
  since: EpochMicros,
): Promise<number> {
  const { table, at, counter } = FEEDS[stream];
  const first = await db
    .selectFrom(table)
    .select((eb) => eb.fn.min<number | null>('seq').as('seq'))
    .where(at, '>=', since)
    .executeTakeFirstOrThrow();
  return first.seq === null ? newestOf(db, counter) : Number(first.seq) - 1;
}

interface Feed {
  readonly table: 'requests' | 'cost_changes' | 'alert_events';
  /** Column of the instant, by which a new sink finds its start. */
  readonly at: 'started_at' | 'changed_at' | 'at';
  readonly counter: string;
}

const FEEDS: Readonly<Record<ExportStream, Feed>> = {
  requests: { table: 'requests', at: 'started_at', counter: 'request_seq' },
  costs: { table: 'cost_changes', at: 'changed_at', counter: 'cost_change_seq' },
  alerts: { table: 'alert_events', at: 'at', counter: 'alert_event_seq' },
  markers: { table: 'alert_events', at: 'at', counter: 'alert_event_seq' },
};

async function newestOf(db: Kysely<Database>, counter: string): Promise<number> {
  const { value } = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', counter)
    .executeTakeFirstOrThrow();
  return value;
}

async function advance(
  db: LedgerTransaction,
  { sink, stream }: ExportPlace,
  position: number,
  at: EpochMicros,
): Promise<void> {
  await db
    .insertInto('export_cursors')
    .values({ sink, stream, position, advanced_at: at })
    .onConflict((conflict) =>
      conflict
        .columns(['sink', 'stream'])
        .doUpdateSet({ position, advanced_at: at })
        // An office that was overtaken while it sent moves nothing back.
        .where('export_cursors.position', '<=', position),
    )
    .execute();
}

async function setAside(
  db: Kysely<Database>,
  place: ExportPlace,
  { position, subject, reason, at }: RefusedItem,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('export_rejected')
      .values({ ...place, position, subject, reason, rejected_at: at })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await advance(trx, place, position, at);
  });
}

type Reader = (db: Kysely<Database>, after: number, limit: number) => Promise<ExportPage>;

const READERS: Readonly<Record<ExportStream, Reader>> = {
  requests: async (db, after, limit) => {
    const rows = await requestsAfter(db, after, limit);
    return pageOf(
      rows.map(({ seq, request }) => ({ kind: 'request', position: seq, request })),
      after,
    );
  },
  costs: readCosts,
  alerts: (db, after, limit) => readAlerts(db, after, limit, false),
  markers: (db, after, limit) => readAlerts(db, after, limit, true),
};

function pageOf(items: readonly ExportItem[], after: number): ExportPage {
  return { items, readTo: items.at(-1)?.position ?? after };
}

async function readCosts(db: Kysely<Database>, after: number, limit: number): Promise<ExportPage> {
  const changes = await db
    .selectFrom('cost_changes')
    .selectAll()
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute();
  const requests = await requestsBySeq(
    db,
    changes.map((change) => change.request_seq),
  );
  const items: CostItem[] = [];
  for (const change of changes) {
    const request = requests.get(change.request_seq);
    if (request === undefined) continue;
    items.push({
      kind: 'cost',
      position: change.seq,
      change: {
        state: change.cost_state,
        totalNano: change.total_nano,
        previousNano: change.previous_nano,
      },
      request,
    });
  }
  return { items, readTo: changes.at(-1)?.seq ?? after };
}

async function requestsBySeq(
  db: Kysely<Database>,
  seqs: readonly number[],
): Promise<Map<number, LedgerRequest>> {
  if (seqs.length === 0) return new Map();
  const rows = await joinedRequests(db)
    .where('requests.seq', 'in', [...new Set(seqs)])
    .execute();
  const requests = await requestsOf(db, rows);
  return new Map(rows.map((row, index) => [row.seq, requests[index] as LedgerRequest]));
}

async function readAlerts(
  db: Kysely<Database>,
  after: number,
  limit: number,
  begunOnly: boolean,
): Promise<ExportPage> {
  let query = db
    .selectFrom('alert_events')
    .select(['seq', 'payload'])
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit);
  if (begunOnly) query = query.where('began', '=', 1);
  const rows = await query.execute();
  const items = rows.map(
    (row): AlertItem => ({
      kind: 'alert',
      position: row.seq,
      event: JSON.parse(row.payload) as AlertEvent,
    }),
  );
  return pageOf(items, after);
}

/** The depth counts numbers, so it is an upper bound where rows were deleted or repeated. */
async function pendingOf(
  db: Kysely<Database>,
  stream: ExportStream,
  after: number,
): Promise<ExportBacklog> {
  const oldestAt = await OLDEST[stream](db, after);
  if (oldestAt === null) return { depth: 0, oldestAt };
  if (stream === 'markers') return { depth: 1, oldestAt };
  return { depth: (await newestOf(db, FEEDS[stream].counter)) - after, oldestAt };
}

type OldestAfter = (db: Kysely<Database>, after: number) => Promise<EpochMicros | null>;

const OLDEST: Readonly<Record<ExportStream, OldestAfter>> = {
  requests: async (db, after) => {
    const row = await db
      .selectFrom('requests')
      .select(['started_at', 'duration_us'])
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : row.started_at + row.duration_us;
  },
  costs: async (db, after) => {
    const row = await db
      .selectFrom('cost_changes')
      .select('changed_at')
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    return row?.changed_at ?? null;
  },
  alerts: (db, after) => oldestEvent(db, after, 0),
  markers: (db, after) => oldestEvent(db, after, 1),
};

async function oldestEvent(db: Kysely<Database>, after: number, began: number) {
  const row = await db
    .selectFrom('alert_events')
    .select('at')
    .where('seq', '>', after)
    .where('began', '>=', began)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row?.at ?? null;
}

async function refusedCount(db: Kysely<Database>, sink: string): Promise<number> {
  const { rows } = await db
    .selectFrom('export_rejected')
    .select((eb) => eb.fn.countAll().as('rows'))
    .where('sink', '=', sink)
    .executeTakeFirstOrThrow();
  return Number(rows);
}
