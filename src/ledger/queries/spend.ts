import type { SpendLines } from '../../core/period-facts.ts';
import type { EpochMicros, Micros, NanoUsd } from '../../core/units.ts';
import { loadNames } from '../names.ts';
import type { LedgerTransaction } from '../prepared-query.ts';
import { HOUR_OF_START, unsettledRequests } from './provisional-spend.ts';

/** `[from, to)`: the UTC hours that start in it. */
export interface SpendWindow {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

export interface Spend {
  /** Billed where the bill covers the hour, else modelled. */
  readonly effectiveNano: NanoUsd;
  /** Requests that have closed and are not settled yet. In no hour. */
  readonly provisionalNano: NanoUsd;
  /** Effective and provisional: the figure that counts. */
  readonly totalNano: NanoUsd;
  readonly modelledNano: NanoUsd;
  /** What the bill says of the hours that it covers; `null` when it covers none. */
  readonly billedNano: NanoUsd | null;
  /** What the containers can have cost at least and at most. */
  readonly lowNano: NanoUsd;
  readonly highNano: NanoUsd;
  readonly lines: SpendLines;
  /** Requests that no price is known for: the figures are then a lower bound. */
  readonly unpriced: number;
  /** Container time × GPUs. */
  readonly gpuUs: Micros;
}

/** Spend of one endpoint: as far as hours go, without what is not settled. */
export type SettledSpend = Omit<Spend, 'provisionalNano' | 'totalNano'>;

/**
 * The spend of a period. Every alert, page, report, API and command asks this or the same by hour and nothing else;
 * months and weeks are windows of a named zone (core/zoned-time). One statement: what settlement is just moving is
 * counted once.
 */
export async function spendOf(db: LedgerTransaction, window: SpendWindow): Promise<Spend> {
  const unsettled = await unsettledRequests(db, window);
  const row = await db
    .selectFrom(sums(db, window).as('settled'))
    .crossJoin(unsettled.as('unsettled'))
    .selectAll(['settled', 'unsettled'])
    .executeTakeFirstOrThrow();
  return withProvisional(settledSpend(row), row.provisional);
}

/** The spend of one UTC hour. */
export interface HourSpend extends Spend {
  readonly hour: EpochMicros;
  /** First end among its requests that settlement has not seen; `null`: it has seen them all. */
  readonly unsettledSince: EpochMicros | null;
}

/** The same by UTC hour, ascending; hours without spend are left out. */
export async function spendByHour(
  db: LedgerTransaction,
  window: SpendWindow,
): Promise<HourSpend[]> {
  const requests = await unsettledRequests(db, window);
  const unsettled = requests.select(HOUR_OF_START.as('start')).groupBy(HOUR_OF_START);
  const rows = await db
    .selectFrom(sums(db, window).select('hour').groupBy('hour').as('settled'))
    .fullJoin(unsettled.as('unsettled'), 'unsettled.start', 'settled.hour')
    .selectAll(['settled', 'unsettled'])
    .execute();
  return rows
    .map((row) => ({
      hour: row.hour ?? row.start ?? 0,
      unsettledSince: row.since,
      ...withProvisional(settledSpend(row), row.provisional),
    }))
    .sort((a, b) => a.hour - b.hour);
}

function withProvisional(settled: SettledSpend, provisional: NanoUsd | null): Spend {
  const provisionalNano = provisional ?? 0;
  return { ...settled, provisionalNano, totalNano: settled.effectiveNano + provisionalNano };
}

/** The same by endpoint, dearest first; `null`: what the bill has beyond the endpoints. */
export async function spendByEndpoint(
  db: LedgerTransaction,
  window: SpendWindow,
): Promise<(SettledSpend & { readonly endpoint: string | null })[]> {
  const rows = await sums(db, window).select('endpoint_id').groupBy('endpoint_id').execute();
  const names = await loadNames(
    db,
    rows.map((row) => row.endpoint_id),
  );
  return rows
    .map((row) => ({ endpoint: names.get(row.endpoint_id) ?? null, ...settledSpend(row) }))
    .sort((a, b) => b.effectiveNano - a.effectiveNano);
}

type SettledSums = Awaited<ReturnType<ReturnType<typeof sums>['executeTakeFirstOrThrow']>>;

/** Every sum may be missing where nothing was settled. */
type Sums = { readonly [K in keyof SettledSums]: SettledSums[K] | null };

function sums(db: LedgerTransaction, { from, to }: SpendWindow) {
  return db
    .selectFrom('spend_hours')
    .select((eb) => [
      eb.fn.sum<number | null>('effective_nano').as('effective'),
      eb.fn.sum<number | null>('modelled_nano').as('modelled'),
      eb.fn.sum<number | null>('billed_nano').as('billed'),
      eb.fn.sum<number | null>('low_nano').as('low'),
      eb.fn.sum<number | null>('high_nano').as('high'),
      eb.fn.sum<number | null>('busy_nano').as('busy'),
      eb.fn.sum<number | null>('failed_nano').as('failed'),
      eb.fn.sum<number | null>('cold_nano').as('cold'),
      eb.fn.sum<number | null>('idle_nano').as('idle'),
      eb.fn.sum<number | null>('standing_nano').as('standing'),
      eb.fn.sum<number | null>('tokens_nano').as('tokens'),
      eb.fn.sum<number | null>('residual_nano').as('residual'),
      eb.fn.sum<number | null>('unpriced').as('unpriced'),
      eb.fn.sum<number | null>('gpu_us').as('gpu'),
    ])
    .where('hour', '>=', from)
    .where('hour', '<', to);
}

function settledSpend(row: Sums): SettledSpend {
  return {
    effectiveNano: row.effective ?? 0,
    modelledNano: row.modelled ?? 0,
    billedNano: row.billed,
    lowNano: row.low ?? 0,
    highNano: row.high ?? 0,
    lines: linesOf(row),
    unpriced: row.unpriced ?? 0,
    gpuUs: row.gpu ?? 0,
  };
}

function linesOf(row: Sums): SpendLines {
  return {
    busyNano: row.busy ?? 0,
    failedNano: row.failed ?? 0,
    coldNano: row.cold ?? 0,
    idleNano: row.idle ?? 0,
    standingNano: row.standing ?? 0,
    tokensNano: row.tokens ?? 0,
    residualNano: row.residual ?? 0,
  };
}
