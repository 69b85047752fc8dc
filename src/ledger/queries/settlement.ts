import { type EpochMicros, MICROS_PER_DAY } from '../../core/units.ts';
import type { LedgerTransaction } from '../prepared-query.ts';

/** Sessions of no pool: nothing that comes later to a pool takes them back. */
export const NO_POOL = -1;

/** A container pool: `pool` 0 when the endpoint has none. */
export interface PoolKey {
  readonly endpoint: number;
  readonly pool: number;
}

/** What there is to settle of a pool. */
export interface PoolWork extends PoolKey {
  /** Earliest start among rows that came since the last settlement; `null`: none came. */
  readonly dirtyFrom: EpochMicros | null;
  readonly marks: number;
  /** `null`: never settled. */
  readonly settledUntil: EpochMicros | null;
  readonly state: string | null;
}

/** Every pool that has rows to settle, or has been settled before. */
export async function poolWork(db: LedgerTransaction): Promise<PoolWork[]> {
  const settled = await db.selectFrom('settlement_pools').selectAll().execute();
  const dirty = await db.selectFrom('dirty_pools').selectAll().execute();
  const work = new Map<string, PoolWork>();
  for (const row of settled) {
    work.set(`${row.endpoint_id},${row.pool_id}`, {
      endpoint: row.endpoint_id,
      pool: row.pool_id,
      dirtyFrom: null,
      marks: 0,
      settledUntil: row.settled_until,
      state: row.state,
    });
  }
  for (const { endpoint_id, pool_id, from_us, marks } of dirty) {
    const key = `${endpoint_id},${pool_id}`;
    const known = work.get(key) ?? { settledUntil: null, state: null };
    work.set(key, { ...known, endpoint: endpoint_id, pool: pool_id, dirtyFrom: from_us, marks });
  }
  return [...work.values()];
}

/** Start of the oldest request that is still open, by endpoint. */
export async function oldestOpen(db: LedgerTransaction): Promise<Map<number, EpochMicros>> {
  const rows = await db
    .selectFrom('open_requests')
    .select((eb) => ['endpoint_id', eb.fn.min('started_at').as('started_at')])
    .groupBy('endpoint_id')
    .execute();
  return new Map(rows.map((row) => [row.endpoint_id, Number(row.started_at)]));
}

interface SavedState {
  readonly at: EpochMicros;
  readonly state: string;
}

/** The newest state at or before `at`, or `null`. */
export async function checkpointBefore(
  db: LedgerTransaction,
  pool: PoolKey,
  at: EpochMicros,
): Promise<SavedState | null> {
  const newest = checkpointsOf(db, pool).where('at', '<=', at).orderBy('at', 'desc');
  return (await newest.executeTakeFirst()) ?? null;
}

/** The oldest state at or after `at`, or `null`. */
export async function checkpointAfter(
  db: LedgerTransaction,
  pool: PoolKey,
  at: EpochMicros,
): Promise<SavedState | null> {
  const oldest = checkpointsOf(db, pool).where('at', '>=', at).orderBy('at');
  return (await oldest.executeTakeFirst()) ?? null;
}

function checkpointsOf(db: LedgerTransaction, { endpoint, pool }: PoolKey) {
  return db
    .selectFrom('settlement_checkpoints')
    .select(['at', 'state'])
    .where('endpoint_id', '=', endpoint)
    .where('pool_id', '=', pool);
}

/** Whether a container of the pool started before `at`. */
export async function hasSessionBefore(
  db: LedgerTransaction,
  { endpoint, pool }: PoolKey,
  at: EpochMicros,
): Promise<boolean> {
  const row = await db
    .selectFrom('container_sessions')
    .select('id')
    .where('endpoint_id', '=', endpoint)
    .where('pool_id', '=', pool)
    .where('opened_at', '<', at)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Takes back what events from `at` on had led to: sessions opened since, later hours of older ones.
 * @returns the hours whose spend has changed.
 */
export async function rewindPool(
  trx: LedgerTransaction,
  { endpoint, pool }: PoolKey,
  at: EpochMicros,
): Promise<EpochMicros[]> {
  const opened = trx
    .selectFrom('container_sessions')
    .select('id')
    .where('endpoint_id', '=', endpoint)
    .where('pool_id', '=', pool)
    .where('opened_at', '>=', at);
  const removed = await trx
    .deleteFrom('session_hours')
    .where('endpoint_id', '=', endpoint)
    .where('pool_id', '=', pool)
    .where((eb) => eb.or([eb('hour', '>=', at), eb('session_id', 'in', opened)]))
    .returning('hour')
    .execute();
  await trx.deleteFrom('container_sessions').where('id', 'in', opened).execute();
  for (const [table, column] of [
    ['pool_hours', 'hour'],
    ['settlement_checkpoints', 'at'],
  ] as const) {
    await trx
      .deleteFrom(table as 'pool_hours')
      .where('endpoint_id', '=', endpoint)
      .where('pool_id', '=', pool)
      .where(column as 'hour', column === 'at' ? '>' : '>=', at)
      .execute();
  }
  return [...new Set(removed.map(({ hour }) => hour))];
}

export async function savePool(
  trx: LedgerTransaction,
  { endpoint, pool }: PoolKey,
  settledUntil: EpochMicros,
  state: string,
): Promise<void> {
  await trx
    .insertInto('settlement_pools')
    .values({ endpoint_id: endpoint, pool_id: pool, settled_until: settledUntil, state })
    .onConflict((c) =>
      c.columns(['endpoint_id', 'pool_id']).doUpdateSet({ settled_until: settledUntil, state }),
    )
    .execute();
}

/** Rows up to `until` are settled; when no more have come since, the pool is clean. */
export async function clearDirty(
  trx: LedgerTransaction,
  { endpoint, pool, marks }: Pick<PoolWork, 'endpoint' | 'pool' | 'marks'>,
  until: { readonly at: EpochMicros; readonly complete: boolean },
): Promise<void> {
  const at = { endpoint_id: endpoint, pool_id: pool, marks };
  if (until.complete) {
    await trx
      .deleteFrom('dirty_pools')
      .where('endpoint_id', '=', at.endpoint_id)
      .where('pool_id', '=', at.pool_id)
      .where('marks', '=', at.marks)
      .execute();
    return;
  }
  await trx
    .updateTable('dirty_pools')
    .set({ from_us: until.at })
    .where('endpoint_id', '=', at.endpoint_id)
    .where('pool_id', '=', at.pool_id)
    .where('marks', '=', at.marks)
    .where('from_us', '<', until.at)
    .execute();
}

export async function saveCheckpoints(
  trx: LedgerTransaction,
  checkpoints: readonly (PoolKey & { readonly at: EpochMicros; readonly state: string })[],
): Promise<void> {
  for (const { endpoint, pool, at, state } of checkpoints) {
    await trx
      .insertInto('settlement_checkpoints')
      .values({ endpoint_id: endpoint, pool_id: pool, at, state })
      .onConflict((c) => c.columns(['endpoint_id', 'pool_id', 'at']).doUpdateSet({ state }))
      .execute();
  }
}

/** Keeps the states of the last hours, and the last one of each day whose rows are all there still. */
export async function thinCheckpoints(
  trx: LedgerTransaction,
  hourly: EpochMicros,
  rawFrom: EpochMicros,
): Promise<void> {
  const rows = await trx
    .selectFrom('settlement_checkpoints')
    .select(['endpoint_id', 'pool_id', 'at'])
    .where('at', '<', hourly)
    .orderBy('at')
    .execute();
  const lastOfDay = new Map<string, EpochMicros>();
  const dayOf = (row: (typeof rows)[number]) =>
    `${row.endpoint_id},${row.pool_id},${Math.floor(row.at / MICROS_PER_DAY)}`;
  for (const row of rows) lastOfDay.set(dayOf(row), row.at);
  const old = rows.filter((row) => row.at < rawFrom || lastOfDay.get(dayOf(row)) !== row.at);
  for (const { endpoint_id, pool_id, at } of old) {
    await trx
      .deleteFrom('settlement_checkpoints')
      .where('endpoint_id', '=', endpoint_id)
      .where('pool_id', '=', pool_id)
      .where('at', '=', at)
      .execute();
  }
}

/** The newest session number given out. */
export async function lastSessionId(db: LedgerTransaction): Promise<number> {
  const row = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', 'container_session')
    .executeTakeFirst();
  return row?.value ?? 0;
}

export async function saveLastSessionId(trx: LedgerTransaction, id: number): Promise<void> {
  await trx
    .updateTable('counters')
    .set({ value: id })
    .where('name', '=', 'container_session')
    .execute();
}
