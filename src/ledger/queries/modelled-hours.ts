import type { ModelledSpend } from '../../core/effective-spend.ts';
import type { EpochMicros } from '../../core/units.ts';
import type { LedgerTransaction } from '../prepared-query.ts';
import type { SpendHoursTable } from '../tables/cost.ts';

/** What the model says of an endpoint's hour. */
export interface ModelledHour extends ModelledSpend {
  readonly lines: Omit<
    SpendHoursTable,
    | 'hour'
    | 'app'
    | 'endpoint_id'
    | 'modelled_nano'
    | 'billed_nano'
    | 'effective_nano'
    | 'residual_nano'
  >;
}

/** Sums of sessions and token prices in `[from, to)`, by hour. */
export async function modelledHours(
  db: LedgerTransaction,
  from: EpochMicros,
  to: EpochMicros,
  apps: ReadonlyMap<number, string>,
): Promise<Map<EpochMicros, ModelledHour[]>> {
  const sessions = await sessionSums(db, from, to);
  const costs = await costSums(db, from, to);
  const bounds = await boundSums(db, from, to);
  const hours = new Map<EpochMicros, ModelledHour[]>();
  for (const key of new Set([...sessions.keys(), ...costs.keys()])) {
    const [hour = 0, endpoint = 0] = key.split(',').map(Number);
    const lines = linesOf(sessions.get(key) ?? [], costs.get(key), bounds.get(key));
    const modelledNano =
      lines.busy_nano +
      lines.failed_nano +
      lines.cold_nano +
      lines.idle_nano +
      lines.standing_nano +
      lines.tokens_nano;
    const list = hours.get(hour) ?? [];
    list.push({ endpoint, app: apps.get(endpoint) ?? null, modelledNano, lines });
    hours.set(hour, list);
  }
  return hours;
}

type SessionSum = Awaited<ReturnType<typeof selectSessions>>[number];
type CostSum = Awaited<ReturnType<typeof selectCosts>>[number];
type BoundSum = Awaited<ReturnType<typeof selectBounds>>[number];

/**
 * Bounds hold where containers were inferred. Where they said who they are, the model is the figure; where
 * some did, the bounds cannot be tighter than the model.
 */
function linesOf(
  sessions: readonly SessionSum[],
  cost: CostSum | undefined,
  bounds: BoundSum | undefined,
): ModelledHour['lines'] {
  const sum = (pick: (session: SessionSum) => number) =>
    sessions.reduce((total, session) => total + Number(pick(session)), 0);
  const standing = sessions.filter((session) => session.standing === 1);
  const others = sessions.filter((session) => session.standing === 0);
  const idleOf = (list: readonly SessionSum[], column: 'idle_us' | 'idle_nano') =>
    list.reduce((total, session) => total + Number(session[column]), 0);
  const tokens = Number(cost?.tokens_nano ?? 0);
  const busy = sum((s) => s.busy_nano);
  const failed = sum((s) => s.failed_nano);
  const cold = sum((s) => s.cold_nano);
  const time = busy + failed + cold + idleOf(sessions, 'idle_nano');
  const inferred = sessions.some((session) => session.observed === 0);
  return {
    gpu_us: sum((s) => s.gpu_us),
    busy_us: sum((s) => s.busy_us),
    cold_us: sum((s) => s.cold_us),
    idle_us: idleOf(others, 'idle_us'),
    standing_us: idleOf(standing, 'idle_us'),
    busy_nano: busy,
    failed_nano: failed,
    cold_nano: cold,
    idle_nano: idleOf(others, 'idle_nano'),
    standing_nano: idleOf(standing, 'idle_nano'),
    tokens_nano: tokens,
    low_nano: tokens + (inferred ? Math.min(time, Number(bounds?.low_nano ?? 0)) : time),
    high_nano: tokens + (inferred ? Math.max(time, Number(bounds?.high_nano ?? 0)) : time),
    unpriced: Number(cost?.unpriced ?? 0),
  };
}

async function sessionSums(db: LedgerTransaction, from: EpochMicros, to: EpochMicros) {
  const sums = new Map<string, SessionSum[]>();
  for (const row of await selectSessions(db, from, to)) {
    const key = `${row.hour},${row.endpoint_id}`;
    sums.set(key, [...(sums.get(key) ?? []), row]);
  }
  return sums;
}

async function costSums(db: LedgerTransaction, from: EpochMicros, to: EpochMicros) {
  const rows = await selectCosts(db, from, to);
  return new Map(rows.map((row) => [`${row.hour},${row.endpoint_id}`, row]));
}

async function boundSums(db: LedgerTransaction, from: EpochMicros, to: EpochMicros) {
  const rows = await selectBounds(db, from, to);
  return new Map(rows.map((row) => [`${row.hour},${row.endpoint_id}`, row]));
}

function selectSessions(db: LedgerTransaction, from: EpochMicros, to: EpochMicros) {
  return db
    .selectFrom('session_hours')
    .select(['hour', 'endpoint_id', 'standing', 'observed'])
    .select((eb) => [
      eb.fn.sum<number>('gpu_us').as('gpu_us'),
      eb.fn.sum<number>('busy_us').as('busy_us'),
      eb.fn.sum<number>('cold_us').as('cold_us'),
      eb.fn.sum<number>('idle_us').as('idle_us'),
      eb.fn.sum<number>('busy_nano').as('busy_nano'),
      eb.fn.sum<number>('failed_nano').as('failed_nano'),
      eb.fn.sum<number>('cold_nano').as('cold_nano'),
      eb.fn.sum<number>('idle_nano').as('idle_nano'),
    ])
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .groupBy(['hour', 'endpoint_id', 'standing', 'observed'])
    .execute();
}

function selectCosts(db: LedgerTransaction, from: EpochMicros, to: EpochMicros) {
  return db
    .selectFrom('cost_hours')
    .select(['hour', 'endpoint_id'])
    .select((eb) => [
      eb.fn.sum<number>('tokens_nano').as('tokens_nano'),
      eb.fn.sum<number>('unpriced').as('unpriced'),
    ])
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .groupBy(['hour', 'endpoint_id'])
    .execute();
}

function selectBounds(db: LedgerTransaction, from: EpochMicros, to: EpochMicros) {
  return db
    .selectFrom('pool_hours')
    .select(['hour', 'endpoint_id'])
    .select((eb) => [
      eb.fn.sum<number>('low_nano').as('low_nano'),
      eb.fn.sum<number>('high_nano').as('high_nano'),
    ])
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .groupBy(['hour', 'endpoint_id'])
    .execute();
}
