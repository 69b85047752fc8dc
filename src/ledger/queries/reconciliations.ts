import type { Selectable } from 'kysely';
import type { EpochMicros, Micros, NanoUsd } from '../../core/units.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';
import type { ReconciliationsTable } from '../tables/cost.ts';

/** Replaces what was found about the given intervals. */
export async function saveReconciliations(
  trx: LedgerTransaction,
  rows: readonly Selectable<ReconciliationsTable>[],
): Promise<void> {
  for (const chunk of chunksOf(rows, 100)) {
    await trx
      .insertInto('reconciliations')
      .values(chunk)
      .onConflict((conflict) =>
        conflict.columns(['interval_start', 'interval_us', 'app']).doUpdateSet((eb) => ({
          billed_nano: eb.ref('excluded.billed_nano'),
          modelled_nano: eb.ref('excluded.modelled_nano'),
          residual_nano: eb.ref('excluded.residual_nano'),
          ratio_thousandths: eb.ref('excluded.ratio_thousandths'),
          diagnosis: eb.ref('excluded.diagnosis'),
          evidence: eb.ref('excluded.evidence'),
        })),
      )
      .execute();
  }
}

/** What the sessions have of an endpoint's hour. */
export interface EndpointHour {
  readonly hour: EpochMicros;
  readonly endpoint: number;
  readonly nano: NanoUsd;
  readonly containerUs: Micros;
}

/** Modelled dollars and container time of endpoints by hour, as the sessions have them. */
export async function modelledByHour(
  db: LedgerTransaction,
  window: { readonly from: EpochMicros; readonly to: EpochMicros },
  endpoints: readonly number[],
): Promise<EndpointHour[]> {
  if (endpoints.length === 0) return [];
  const rows = await db
    .selectFrom('spend_hours')
    .select(['hour', 'endpoint_id', 'modelled_nano'])
    .select(['busy_us', 'cold_us', 'idle_us', 'standing_us'])
    .where('hour', '>=', window.from)
    .where('hour', '<', window.to)
    .where('endpoint_id', 'in', [...endpoints])
    .execute();
  return rows.map((row) => ({
    hour: row.hour,
    endpoint: row.endpoint_id,
    nano: row.modelled_nano,
    containerUs: row.busy_us + row.cold_us + row.idle_us + row.standing_us,
  }));
}

/** How many requests the endpoints had in each hour. */
export async function requestsByHour(
  db: LedgerTransaction,
  window: { readonly from: EpochMicros; readonly to: EpochMicros },
  endpoints: readonly number[],
): Promise<{ readonly hour: EpochMicros; readonly count: number }[]> {
  if (endpoints.length === 0) return [];
  const rows = await db
    .selectFrom('cost_hours')
    .select(['hour', (eb) => eb.fn.sum<number>('requests').as('count')])
    .where('hour', '>=', window.from)
    .where('hour', '<', window.to)
    .where('endpoint_id', 'in', [...endpoints])
    .groupBy('hour')
    .execute();
  return rows.map(({ hour, count }) => ({ hour, count: Number(count) }));
}

/** Until when every pool of the endpoints is settled; `null`: one of them never was. */
export async function settledUntil(
  db: LedgerTransaction,
  endpoints: readonly number[],
): Promise<EpochMicros | null> {
  if (endpoints.length === 0) return null;
  const row = await db
    .selectFrom('settlement_pools')
    .select((eb) => eb.fn.min('settled_until').as('at'))
    .where('endpoint_id', 'in', [...endpoints])
    .executeTakeFirst();
  return row === undefined || row.at === null ? null : Number(row.at);
}

/** A session's hour with what the bill says of its endpoint's hour; `null` where no bill covers it. */
export interface BilledCell {
  readonly session: number;
  readonly hour: EpochMicros;
  readonly endpoint: number;
  readonly standing: boolean;
  /** Dollars that are requests': all of it, but for idle time of standing containers. */
  readonly requestsNano: number;
  readonly otherNano: number;
  readonly endpointBilledNano: number | null;
  readonly tokensNano: number;
}

export async function billedCells(
  db: LedgerTransaction,
  window: { readonly from: EpochMicros; readonly to: EpochMicros },
  endpoints: readonly number[],
): Promise<BilledCell[]> {
  const rows = await db
    .selectFrom('session_hours')
    .innerJoin('spend_hours', (join) =>
      join
        .onRef('spend_hours.hour', '=', 'session_hours.hour')
        .onRef('spend_hours.endpoint_id', '=', 'session_hours.endpoint_id'),
    )
    .select(['session_id', 'session_hours.hour', 'session_hours.endpoint_id', 'standing'])
    .select(['session_hours.busy_nano', 'session_hours.failed_nano', 'session_hours.cold_nano'])
    .select(['session_hours.idle_nano', 'spend_hours.billed_nano', 'spend_hours.tokens_nano'])
    .where('session_hours.hour', '>=', window.from)
    .where('session_hours.hour', '<', window.to)
    .where('session_hours.endpoint_id', 'in', [...endpoints])
    .orderBy('session_hours.hour')
    .orderBy('session_id')
    .execute();
  return rows.map((row) => {
    const worked = row.busy_nano + row.failed_nano;
    const rest = row.cold_nano + row.idle_nano;
    const standing = row.standing === 1;
    return {
      session: row.session_id,
      hour: row.hour,
      endpoint: row.endpoint_id,
      standing,
      requestsNano: standing ? worked : worked + rest,
      otherNano: standing ? rest : 0,
      endpointBilledNano: row.billed_nano,
      tokensNano: row.tokens_nano,
    };
  });
}

/** Closed sessions among the given, with where to look for their requests. */
export async function closedSessions(db: LedgerTransaction, ids: readonly number[]) {
  const sessions: {
    readonly id: number;
    readonly endpoint_id: number;
    readonly started_at: number;
    readonly first_request_at: number | null;
    readonly closed_at: number | null;
  }[] = [];
  for (const chunk of chunksOf(ids, 1_000)) {
    const rows = await db
      .selectFrom('container_sessions')
      .select(['id', 'endpoint_id', 'started_at', 'first_request_at', 'closed_at'])
      .where('id', 'in', chunk)
      .where('closed_at', 'is not', null)
      .execute();
    sessions.push(...rows);
  }
  return sessions;
}

export async function saveBilledSessions(
  trx: LedgerTransaction,
  billed: ReadonlyMap<number, number>,
): Promise<void> {
  for (const [id, billed_nano] of billed) {
    await trx.updateTable('container_sessions').set({ billed_nano }).where('id', '=', id).execute();
  }
}
