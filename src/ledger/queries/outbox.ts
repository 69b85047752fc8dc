import type { Kysely, Transaction } from 'kysely';
import type { Notice } from '../../core/notice.ts';
import type { EpochMicros } from '../../core/units.ts';
import type { AttemptOutcome, Delivery, OutboxStore, Silence } from '../../ports/alerts.ts';
import type { Database } from '../database.ts';

/** Deliveries of notices: taken by one holder at a time, ended once, every attempt on record. */
export function outboxStore(db: Kysely<Database>): OutboxStore {
  return {
    claim: (options) => claim(db, options),
    settle: (delivery, outcome) => settle(db, delivery, outcome),
    silences: (now) => silencesAt(db, now),
  };
}

async function claim(
  db: Kysely<Database>,
  { channel, now, holder, until, limit }: Parameters<OutboxStore['claim']>[0],
): Promise<readonly Delivery[]> {
  return db.transaction().execute(async (trx) => {
    const due = await trx
      .selectFrom('notices')
      .select('id')
      .where('channel', '=', channel)
      .where('status', 'in', ['pending', 'silenced'])
      .where('next_at', '<=', now)
      .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<=', now)]))
      .orderBy('created_at')
      .orderBy('id')
      .limit(limit)
      .execute();
    if (due.length === 0) return [];
    const rows = await trx
      .updateTable('notices')
      .set({ claimed_by: holder, claimed_until: until })
      .where(
        'id',
        'in',
        due.map(({ id }) => id),
      )
      // Another holder may have taken it between the two statements.
      .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<=', now)]))
      .returningAll()
      .execute();
    const tried = await firstTries(
      trx,
      rows.filter(({ attempts }) => attempts > 0).map(({ id }) => id),
    );
    return rows
      .map((row) => ({
        id: row.id,
        channel: row.channel,
        holder,
        notice: JSON.parse(row.payload) as Notice,
        attempts: row.attempts,
        createdAt: row.created_at,
        firstTriedAt: tried.get(row.id) ?? null,
      }))
      .sort((a, b) => a.createdAt - b.createdAt);
  });
}

/** When each was first sent; before it was revived does not count. */
async function firstTries(
  trx: Transaction<Database>,
  ids: readonly string[],
): Promise<Map<string, EpochMicros>> {
  if (ids.length === 0) return new Map();
  const rows = await trx
    .selectFrom('notice_attempts')
    .innerJoin('notices', 'notices.id', 'notice_attempts.notice_id')
    .select((eb) => ['notices.id', eb.fn.min<EpochMicros>('notice_attempts.at').as('at')])
    .where('notices.id', 'in', ids)
    .where('notice_attempts.status', 'in', ['pending', 'dead'])
    .whereRef('notice_attempts.at', '>=', 'notices.created_at')
    .groupBy('notices.id')
    .execute();
  return new Map(rows.map(({ id, at }) => [id, at]));
}

async function settle(
  db: Kysely<Database>,
  delivery: Delivery,
  outcome: AttemptOutcome,
): Promise<void> {
  const tried = outcome.status !== 'silenced' && outcome.status !== 'dropped';
  const error = outcome.status === 'delivered' ? null : outcome.error;
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('notices')
      .set({
        status: outcome.status,
        attempts: delivery.attempts + (tried ? 1 : 0),
        next_at: outcome.status === 'delivered' ? null : outcome.nextAt,
        claimed_by: null,
        claimed_until: null,
        delivered_at: outcome.status === 'delivered' ? outcome.at : null,
        last_error: error,
      })
      .where('id', '=', delivery.id)
      // An office that slept over the end of its claim: another may have sent it, or send it now.
      .where('status', '<>', 'delivered')
      .$if(outcome.status !== 'delivered', (update) =>
        update.where('claimed_by', '=', delivery.holder),
      )
      .execute();
    await trx
      .insertInto('notice_attempts')
      .values({
        notice_id: delivery.id,
        attempt: delivery.attempts + 1,
        at: outcome.at,
        duration_us: 'durationUs' in outcome ? outcome.durationUs : 0,
        status: outcome.status,
        error,
      })
      .execute();
  });
}

export async function silencesAt(db: Kysely<Database>, now: EpochMicros): Promise<Silence[]> {
  const rows = await db
    .selectFrom('silences')
    .selectAll()
    .where('from_us', '<=', now)
    .where('until_us', '>', now)
    .orderBy('until_us', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    rule: row.rule,
    from: row.from_us,
    until: row.until_us,
    by: row.by_whom,
    reason: row.reason,
  }));
}

export async function addSilence(db: Kysely<Database>, silence: Silence): Promise<void> {
  await db
    .insertInto('silences')
    .values({
      id: silence.id,
      rule: silence.rule,
      from_us: silence.from,
      until_us: silence.until,
      by_whom: silence.by,
      reason: silence.reason,
    })
    .execute();
}

/** Ends silences of a rule now, and frees what they held back. */
export async function endSilences(
  db: Kysely<Database>,
  rule: string,
  now: EpochMicros,
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('silences')
      .set({ until_us: now })
      .where('rule', '=', rule)
      .where('until_us', '>', now)
      .executeTakeFirst();
    await trx
      .updateTable('notices')
      .set({ next_at: now })
      .where('status', '=', 'silenced')
      .execute();
    return Number(numUpdatedRows);
  });
}

/** Whether a delivery of this id has arrived. */
export async function wasDelivered(db: Kysely<Database>, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('notices')
    .select('id')
    .where('id', '=', id)
    .where('status', '=', 'delivered')
    .executeTakeFirst();
  return row !== undefined;
}

/** Tries dead deliveries again from now on; how many. */
export async function reviveDead(db: Kysely<Database>, now: EpochMicros): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('notices')
    .set({ status: 'pending', next_at: now, created_at: now })
    .where('status', '=', 'dead')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
