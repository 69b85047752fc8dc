import type { Kysely, Selectable, Transaction } from 'kysely';
import { alertEventOf } from '../../core/alert-event.ts';
import { stateKey } from '../../core/facts.ts';
import { type Notice, noticeKey } from '../../core/notice.ts';
import { type EpochMicros, MICROS_PER_DAY, MICROS_PER_MINUTE } from '../../core/units.ts';
import type { AlertStore, EvaluationToCommit } from '../../ports/alerts.ts';
import type { Database } from '../database.ts';
import type { NoticeStatus, NoticesTable } from '../tables/alerts.ts';
import { recordAlertEvents } from './export-feeds.ts';

/** Channel of the notice itself: the record that it was told, whoever listens. */
export const RECORD_CHANNEL = 'ledger';
const COUNTER = 'alert_evaluation';
const STATES_A_STATEMENT = 50;
/** States of what is not evaluated any more, e.g. last year's months. */
const FORGET_AFTER_US = 400 * MICROS_PER_DAY;

/** Keeps evaluations: states, notices and their deliveries appear together or not at all. */
export function alertStore(
  db: Kysely<Database>,
  { tellSinks }: { readonly tellSinks: boolean },
): AlertStore {
  return {
    commit: (evaluation) =>
      db.transaction().execute(async (trx) => {
        // One row that all evaluations fight for: only one can follow the version that it was made from.
        const { numUpdatedRows } = await trx
          .updateTable('counters')
          .set({ value: evaluation.version + 1 })
          .where('name', '=', COUNTER)
          .where('value', '=', evaluation.version)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await writeStates(trx, evaluation);
        for (const { notice, channels } of evaluation.notices) {
          await writeNotice(trx, notice, channels);
        }
        if (tellSinks) await writeEvents(trx, evaluation);
        return true;
      }),
  };
}

/** Queues a notice that no evaluation decided; one whose key exists is left as it is. */
export async function queueNotice(
  db: Kysely<Database>,
  notice: Notice,
  channels: readonly string[],
): Promise<void> {
  await db.transaction().execute((trx) => writeNotice(trx, notice, channels));
}

/** Number of the newest committed evaluation. Read before the facts that it is to stand for. */
export async function evaluationVersion(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', COUNTER)
    .executeTakeFirstOrThrow();
  return Number(row.value);
}

async function writeStates(
  trx: Transaction<Database>,
  { states, at }: EvaluationToCommit,
): Promise<void> {
  const all = states.map(({ verdict, next }) => ({
    rule: verdict.rule,
    period: verdict.period,
    subject: verdict.subject,
    state: next.state,
    since: next.since,
    streak: next.streak,
    verdict: JSON.stringify(verdict),
    evaluated_at: at,
  }));
  // Two requirements may have one name: of two states with one key, the last one counts.
  const byKey = new Map(all.map((row) => [stateKey(row.rule, row.period, row.subject), row]));
  const rows = [...byKey.values()];
  for (let from = 0; from < rows.length; from += STATES_A_STATEMENT) {
    await trx
      .insertInto('alert_states')
      .values(rows.slice(from, from + STATES_A_STATEMENT))
      .onConflict((conflict) =>
        conflict.columns(['rule', 'period', 'subject']).doUpdateSet((eb) => ({
          state: eb.ref('excluded.state'),
          since: eb.ref('excluded.since'),
          streak: eb.ref('excluded.streak'),
          verdict: eb.ref('excluded.verdict'),
          evaluated_at: eb.ref('excluded.evaluated_at'),
        })),
      )
      .execute();
  }
  await trx
    .deleteFrom('alert_states')
    .where('evaluated_at', '<', at - FORGET_AFTER_US)
    .execute();
}

async function writeNotice(
  trx: Transaction<Database>,
  notice: Notice,
  channels: readonly string[],
): Promise<void> {
  const insert = async (own: Notice, channel: string, status: NoticeStatus) => {
    await trx
      .insertInto('notices')
      .values(noticeRow(own, channel, status))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  };
  for (const subject of notice.covers) {
    await insert({ ...notice, subject, covers: [] }, RECORD_CHANNEL, 'covered');
  }
  await insert(notice, RECORD_CHANNEL, 'recorded');
  for (const channel of channels) await insert(notice, channel, 'pending');
}

function noticeRow(notice: Notice, channel: string, status: NoticeStatus) {
  return {
    id: `${noticeKey(notice)}/${encodeURIComponent(channel)}`,
    rule: notice.rule,
    period: notice.period,
    subject: notice.subject,
    kind: notice.kind,
    channel,
    severity: notice.severity,
    created_at: notice.at,
    payload: JSON.stringify(notice),
    status,
    attempts: 0,
    next_at: status === 'pending' ? notice.at : null,
    claimed_by: null,
    claimed_until: null,
    delivered_at: null,
    last_error: null,
    acknowledged_at: null,
    acknowledged_by: null,
  };
}

async function writeEvents(
  trx: Transaction<Database>,
  { states, at, monthNano }: EvaluationToCommit,
): Promise<void> {
  // Backends mirror a rule by its latest events and know by their absence that nothing runs any more.
  const told = isRepetition(at)
    ? states
    : states.filter(({ previous, next }) => previous?.state !== next.state);
  await recordAlertEvents(
    trx,
    told.map(({ verdict, previous }) =>
      alertEventOf(verdict, { at, monthNano, previous: previous?.state ?? null }),
    ),
  );
}

const REPEATED_EVERY_MINUTES = 5;

function isRepetition(at: EpochMicros): boolean {
  return Math.floor(at / MICROS_PER_MINUTE) % REPEATED_EVERY_MINUTES === 0;
}

/** The notices of `[from, …)` by time, newest first, with how each delivery stands. */
export async function listNotices(
  db: Kysely<Database>,
  { from, limit }: { readonly from: EpochMicros; readonly limit: number },
): Promise<ListedNotice[]> {
  const rows = await db
    .selectFrom('notices')
    .selectAll()
    .where('created_at', '>=', from)
    .where('status', '<>', 'covered')
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  const groups = Map.groupBy(rows, (row) => noticeKey(row));
  return [...groups.values()].slice(0, limit).flatMap((group) => listedOf(group) ?? []);
}

/** The notice of a key, `null` when there is none. */
export async function findNotice(db: Kysely<Database>, key: string): Promise<ListedNotice | null> {
  const record = await db
    .selectFrom('notices')
    .select(['rule', 'period', 'subject', 'kind'])
    .where('id', '=', `${key}/${RECORD_CHANNEL}`)
    .executeTakeFirst();
  if (record === undefined) return null;
  const rows = await db
    .selectFrom('notices')
    .selectAll()
    .where('rule', '=', record.rule)
    .where('period', '=', record.period)
    .where('subject', '=', record.subject)
    .where('kind', '=', record.kind)
    .orderBy('id')
    .execute();
  return listedOf(rows);
}

/** A notice's record and its deliveries, which have one key. */
function listedOf(rows: readonly Selectable<NoticesTable>[]): ListedNotice | null {
  const record = rows.find(({ channel }) => channel === RECORD_CHANNEL);
  if (record === undefined) return null;
  const deliveries = rows.filter(({ channel }) => channel !== RECORD_CHANNEL);
  return {
    key: noticeKey(record),
    notice: JSON.parse(record.payload) as Notice,
    acknowledgedAt: record.acknowledged_at,
    acknowledgedBy: record.acknowledged_by,
    deliveries: deliveries.map((row) => ({
      channel: row.channel,
      status: row.status,
      attempts: row.attempts,
      nextAt: row.next_at,
      deliveredAt: row.delivered_at,
      lastError: row.last_error,
    })),
  };
}

export interface ListedNotice {
  readonly key: string;
  readonly notice: Notice;
  readonly acknowledgedAt: EpochMicros | null;
  readonly acknowledgedBy: string | null;
  readonly deliveries: readonly {
    readonly channel: string;
    readonly status: NoticeStatus;
    readonly attempts: number;
    readonly nextAt: EpochMicros | null;
    readonly deliveredAt: EpochMicros | null;
    readonly lastError: string | null;
  }[];
}

/** Marks a notice as seen by somebody; `false` when no notice has this key. */
export async function acknowledge(
  db: Kysely<Database>,
  key: string,
  { at, by }: { readonly at: EpochMicros; readonly by: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('notices')
    .set({ acknowledged_at: at, acknowledged_by: by })
    .where('id', '=', `${key}/${RECORD_CHANNEL}`)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
