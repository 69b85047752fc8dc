import { type Kysely, sql } from 'kysely';
import type { HourFacts } from '../../core/facts.ts';
import { type EpochMicros, MICROS_PER_HOUR, type NanoUsd } from '../../core/units.ts';
import { daysBetween, type ZonedWindow } from '../../core/zoned-time.ts';
import type { Database } from '../database.ts';
import { spendByHour } from './spend.ts';

type Mutable = { -readonly [K in keyof HourFacts]: HourFacts[K] };

/** Usage and spend of every UTC hour in `[from, to)` in which there was any, ascending. */
export async function hourFacts(
  db: Kysely<Database>,
  from: EpochMicros,
  to: EpochMicros,
): Promise<HourFacts[]> {
  const hours = new Map<EpochMicros, Mutable>();
  const at = (hour: EpochMicros): Mutable => {
    const found = hours.get(hour) ?? emptyHour(hour);
    hours.set(hour, found);
    return found;
  };
  for (const row of await usageByHour(db, from, to)) {
    const hour = at(row.hour);
    hour.requests = row.requests;
    hour.successes = row.successes ?? 0;
    hour.bytesOut = row.bytes;
  }
  for (const row of await spendByHour(db, { from, to })) {
    const hour = at(row.hour);
    hour.spendNano = row.totalNano;
    hour.unsettledNano = row.provisionalNano;
    hour.unsettledSince = row.unsettledSince;
    hour.billed = row.billedNano !== null;
    hour.busyNano = row.lines.busyNano + row.lines.failedNano;
    hour.coldNano = row.lines.coldNano;
    hour.idleNano = row.lines.idleNano + row.lines.standingNano;
    hour.unpriced = row.unpriced;
  }
  for (const [hour, nano] of await billedEgress(db, from, to)) at(hour).egressBilledNano = nano;
  return [...hours.values()].sort((a, b) => a.hour - b.hour);
}

function emptyHour(hour: EpochMicros): Mutable {
  return {
    hour,
    requests: 0,
    successes: 0,
    bytesOut: 0,
    spendNano: 0,
    unsettledNano: 0,
    unsettledSince: null,
    billed: false,
    busyNano: 0,
    coldNano: 0,
    idleNano: 0,
    unpriced: 0,
    egressBilledNano: null,
  };
}

function usageByHour(db: Kysely<Database>, from: EpochMicros, to: EpochMicros) {
  return db
    .selectFrom('rollup_hours')
    .select((eb) => [
      'hour',
      eb.fn.sum<number>('requests').as('requests'),
      eb.fn.sum<number>('bytes_out').as('bytes'),
      eb.fn
        .sum<number | null>(
          eb.case().when('outcome', '=', 'ok').then(eb.ref('requests')).else(0).end(),
        )
        .as('successes'),
    ])
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .groupBy('hour')
    .execute();
}

/** The bill's own egress line. A line that covers a day counts in its first hour; the others are paid. */
async function billedEgress(
  db: Kysely<Database>,
  from: EpochMicros,
  to: EpochMicros,
): Promise<Map<EpochMicros, NanoUsd>> {
  const rows = await db
    .selectFrom('billing_rows')
    .select((eb) => ['interval_start', 'interval_us', eb.fn.sum<number>('cost_nano').as('nano')])
    .where('interval_start', '>=', from)
    .where('interval_start', '<', to)
    .where((eb) => eb(eb.fn<string>('lower', ['resource']), 'like', '%egress%'))
    .groupBy(['interval_start', 'interval_us'])
    .execute();
  const hours = new Map<EpochMicros, NanoUsd>();
  for (const { interval_start: start, interval_us: length, nano } of rows) {
    for (let hour = start; hour < start + length; hour += MICROS_PER_HOUR) {
      hours.set(hour, (hours.get(hour) ?? 0) + (hour === start ? nano : 0));
    }
  }
  return hours;
}

/** Start of the first request on record, also of one whose row retention has deleted. */
export async function firstRequestAt(db: Kysely<Database>): Promise<EpochMicros | null> {
  const first = await db
    .selectFrom('rollup_hours')
    .select((eb) => eb.fn.min('hour').as('hour'))
    .executeTakeFirst();
  const hour = first?.hour ?? null;
  if (hour === null) return null;
  const row = await db
    .selectFrom('requests')
    .select((eb) => eb.fn.min('started_at').as('at'))
    .where('started_at', '>=', hour)
    .where('started_at', '<', hour + MICROS_PER_HOUR)
    .executeTakeFirst();
  return row?.at ?? hour;
}

/** Days of the zone in which a request started. */
export async function activeDays(
  db: Kysely<Database>,
  {
    from,
    to,
    zone,
  }: { readonly from: EpochMicros; readonly to: EpochMicros; readonly zone: string },
): Promise<number> {
  const days = daysBetween(from - (from % MICROS_PER_HOUR), to + 1, zone);
  let active = 0;
  for (let at = 0; at < days.length; at += DAYS_A_STATEMENT) {
    active += await activeOf(db, days.slice(at, at + DAYS_A_STATEMENT), to);
  }
  return active;
}

/** Two parameters each, below what any database takes. */
const DAYS_A_STATEMENT = 1_000;

/** Looks for one hour in each day: ten years of days are asked sooner than one year of hours is read. */
async function activeOf(
  db: Kysely<Database>,
  days: readonly ZonedWindow[],
  to: EpochMicros,
): Promise<number> {
  const bound = (at: EpochMicros) => sql`cast(${at} as bigint)`;
  const rows = days.map(
    ({ start, end }) => sql`(${bound(start)}, ${bound(Math.min(end, to + 1))})`,
  );
  const { rows: found } = await sql<{ count: number }>`
    with days (since, until) as (values ${sql.join(rows)})
    select count(*) as count from days
    where exists (
      select 1 from rollup_hours where hour >= days.since and hour < days.until
    )`.execute(db);
  return Number(found[0]?.count ?? 0);
}
