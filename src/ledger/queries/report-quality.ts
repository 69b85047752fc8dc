import type { Kysely } from 'kysely';
import type { QualityFacts } from '../../core/period-facts.ts';
import { type EpochMicros, MICROS_PER_MINUTE } from '../../core/units.ts';
import type { Database } from '../database.ts';

interface Window {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

export async function reportQuality(db: Kysely<Database>, window: Window): Promise<QualityFacts> {
  const pools = await db
    .selectFrom('settlement_pools')
    .select((eb) => eb.fn.min('settled_until').as('at'))
    .executeTakeFirst();
  return {
    settledUntil: numberOf(pools?.at),
    ...(await costs(db, window)),
    ...(await spendHours(db, window)),
    billedUntil: await billedUntil(db),
    corrections: await correctionsOf(db, window),
    gaps: await gapsOf(db, window),
  };
}

/** End of the bill that is known: a pull notes its window, a file that was imported leaves rows only. */
async function billedUntil(db: Kysely<Database>): Promise<EpochMicros | null> {
  const pulled = await db
    .selectFrom('billing_windows')
    .select((eb) => eb.fn.max('to_us').as('at'))
    .executeTakeFirst();
  const rows = await db
    .selectFrom('billing_rows')
    .select((eb) =>
      eb.fn.max<number | null>(eb('interval_start', '+', eb.ref('interval_us'))).as('at'),
    )
    .executeTakeFirst();
  const known = [numberOf(pulled?.at), numberOf(rows?.at)].filter((at) => at !== null);
  return known.length === 0 ? null : Math.max(...known);
}

async function costs(db: Kysely<Database>, { from, to }: Window) {
  const cost = await db
    .selectFrom('cost_hours')
    .select((eb) => eb.fn.sum<number | null>('provisional').as('provisional'))
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .executeTakeFirst();
  const crashed = await db
    .selectFrom('rollup_hours')
    .select((eb) => eb.fn.sum<number | null>('requests').as('requests'))
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .where('outcome', '=', 'crash_recovered')
    .executeTakeFirst();
  return {
    unsettledRequests: Number(cost?.provisional ?? 0),
    crashRecovered: Number(crashed?.requests ?? 0),
  };
}

async function spendHours(db: Kysely<Database>, { from, to }: Window) {
  const rows = await db
    .selectFrom('spend_hours')
    .select((eb) => [
      'hour',
      eb.fn.sum<number>('effective_nano').as('nano'),
      eb.fn.count<number>('billed_nano').as('billed'),
    ])
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .groupBy('hour')
    .execute();
  const spent = rows.filter(({ nano }) => Number(nano) !== 0);
  return {
    spendHours: spent.length,
    billedHours: spent.filter(({ billed }) => Number(billed) > 0).length,
  };
}

async function correctionsOf(db: Kysely<Database>, { from, to }: Window) {
  const row = await db
    .selectFrom('cost_corrections')
    .select((eb) => [
      eb.fn.countAll<number>().as('count'),
      eb.fn.sum<number | null>(eb('after_nano', '-', eb.ref('before_nano'))).as('nano'),
    ])
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .executeTakeFirst();
  return { count: Number(row?.count ?? 0), nano: Number(row?.nano ?? 0) };
}

/** The watch looks every minute; a pause of a restart is none. */
const PAUSE_US = 10 * MICROS_PER_MINUTE;

/** Pauses between two evaluations of the alerts, which only a service that is down leaves out. */
async function gapsOf(db: Kysely<Database>, { from, to }: Window) {
  const looks = () => db.selectFrom('job_runs').where('job', '=', 'alerts');
  const before = await looks()
    .select((eb) => eb.fn.max('slot').as('slot'))
    .where('slot', '<', from)
    .executeTakeFirst();
  const rows = await looks()
    .select('slot')
    .where('slot', '>=', from)
    .where('slot', '<', to)
    .orderBy('slot')
    .execute();
  const after = await looks()
    .select((eb) => eb.fn.min('slot').as('slot'))
    .where('slot', '>=', to)
    .executeTakeFirst();
  const slots = [numberOf(before?.slot), ...rows.map(({ slot }) => slot), numberOf(after?.slot)];
  const known = slots.filter((slot) => slot !== null);
  return known.flatMap((slot, index) => {
    const next = known[index + 1];
    if (next === undefined || next - slot <= PAUSE_US) return [];
    return [{ from: Math.max(slot, from), to: Math.min(next, to) }];
  });
}

function numberOf(value: number | string | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
