import type { Insertable, Kysely } from 'kysely';
import type { AlertEvent } from '../../core/alert-event.ts';
import type { EpochMicros } from '../../core/units.ts';
import type { CostChange, ExportStream } from '../../ports/export-source.ts';
import type { Database } from '../database.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';

/** A change of a request's final cost, by the request's `seq`. */
export interface RequestCostChange extends CostChange {
  readonly requestSeq: number;
}

const ROWS_A_STATEMENT = 500;

/**
 * Tells the sinks of changed final costs. Called in the transaction that changes them, so that no change is
 * told that did not happen, and none happens untold. With no sink that listens nothing is written.
 */
export async function recordCostChanges(
  trx: LedgerTransaction,
  changes: readonly RequestCostChange[],
  at: EpochMicros,
): Promise<void> {
  if (changes.length === 0 || !(await hasListener(trx, 'costs'))) return;
  const first = (await takeNumbers(trx, 'cost_change_seq', changes.length)) - changes.length + 1;
  const rows: Insertable<Database['cost_changes']>[] = changes.map((change, index) => ({
    seq: first + index,
    request_seq: change.requestSeq,
    cost_state: change.state,
    total_nano: change.totalNano,
    previous_nano: change.previousNano,
    changed_at: at,
  }));
  for (const chunk of chunksOf(rows, ROWS_A_STATEMENT)) {
    await trx.insertInto('cost_changes').values(chunk).execute();
  }
}

/** Tells the sinks of an evaluation's results; in a transaction. */
export async function recordAlertEvents(
  trx: LedgerTransaction,
  events: readonly AlertEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const first = (await takeNumbers(trx, 'alert_event_seq', events.length)) - events.length + 1;
  const rows = events.map((event, index) => ({
    seq: first + index,
    at: event.at,
    began: event.began ? 1 : 0,
    payload: JSON.stringify(event),
  }));
  for (const chunk of chunksOf(rows, ROWS_A_STATEMENT)) {
    await trx.insertInto('alert_events').values(chunk).execute();
  }
}

/** A sink listens from its first step on, which stores its cursors. */
async function hasListener(trx: LedgerTransaction, stream: ExportStream): Promise<boolean> {
  const row = await trx
    .selectFrom('export_cursors')
    .select('sink')
    .where('stream', '=', stream)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Deletes what every sink has taken; with no sinks, everything. `sinks` are the configured ones: a sink
 * that left the configuration holds nothing back.
 */
export async function pruneExportFeeds(
  db: Kysely<Database>,
  sinks: readonly string[],
): Promise<void> {
  const cursors =
    sinks.length === 0
      ? []
      : await db
          .selectFrom('export_cursors')
          .select(['sink', 'stream', 'position'])
          .where('sink', 'in', [...sinks])
          .execute();
  const passed = (streams: readonly string[]) => {
    const relevant = cursors.filter((row) => streams.includes(row.stream));
    const started = new Set(relevant.map((row) => row.sink));
    // A sink that has not begun holds everything: it may still want it.
    if (sinks.some((sink) => !started.has(sink))) return 0;
    return Math.min(Number.MAX_SAFE_INTEGER, ...relevant.map((row) => row.position));
  };
  await db
    .deleteFrom('cost_changes')
    .where('seq', '<=', passed(['costs']))
    .execute();
  await db
    .deleteFrom('alert_events')
    .where('seq', '<=', passed(['alerts', 'markers']))
    .execute();
}

/** Takes `count` numbers; the last one. The row stays locked until the transaction ends. */
async function takeNumbers(trx: LedgerTransaction, name: string, count: number): Promise<number> {
  const { value } = await trx
    .updateTable('counters')
    .set((eb) => ({ value: eb('value', '+', count) }))
    .where('name', '=', name)
    .returning('value')
    .executeTakeFirstOrThrow();
  return value;
}
