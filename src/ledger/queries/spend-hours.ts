import { apportion } from '../../core/apportion.ts';
import { effectiveSpend, NO_ENDPOINT } from '../../core/effective-spend.ts';
import { type EpochMicros, MICROS_PER_DAY, MICROS_PER_HOUR } from '../../core/units.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';
import type { SpendHoursTable } from '../tables/cost.ts';
import { type BilledInterval, billedIntervals } from './billing.ts';
import { type ModelledHour, modelledHours } from './modelled-hours.ts';

/** App of the bill by the endpoint's number; an endpoint that is missing has none. */
export type EndpointApps = ReadonlyMap<number, string>;

/** A change of what an hour of an endpoint cost. */
export interface SpendChange {
  readonly hour: EpochMicros;
  readonly endpoint: number;
  readonly before: number | null;
  readonly after: number;
}

/**
 * Sums `hours` anew from sessions, requests and the bill. When the bill knows an object by days only, every
 * hour of such a day is summed anew, because each has its part of the day.
 */
export async function refreshSpendHours(
  trx: LedgerTransaction,
  hours: Iterable<EpochMicros>,
  apps: EndpointApps,
): Promise<SpendChange[]> {
  const wanted = [...new Set(hours)].sort((a, b) => a - b);
  const changes: SpendChange[] = [];
  for (const days of chunksOf(daysOf(wanted), 31)) {
    const first = days[0]?.day ?? 0;
    const end = (days.at(-1)?.day ?? 0) + MICROS_PER_DAY;
    const bill = await billedIntervals(trx, first, end);
    const modelled = await modelledHours(trx, first, end, apps);
    for (const { day, hours: some } of days) {
      const daily = bill.filter(
        ({ start, intervalUs }) => start === day && intervalUs !== MICROS_PER_HOUR,
      );
      const all = daily.length > 0 ? hoursOf(day) : some;
      changes.push(...(await refreshDay(trx, { day, hours: all, bill, daily, modelled, apps })));
    }
  }
  return changes;
}

/** Hours of `[from, to)` whose spend has a bill in it. */
export async function billedHours(
  db: LedgerTransaction,
  { from, to }: { readonly from: EpochMicros; readonly to: EpochMicros },
): Promise<EpochMicros[]> {
  const rows = await db
    .selectFrom('spend_hours')
    .select('hour')
    .distinct()
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .where('billed_nano', 'is not', null)
    .execute();
  return rows.map(({ hour }) => hour);
}

interface DayOfSpend {
  readonly day: EpochMicros;
  readonly hours: readonly EpochMicros[];
  readonly bill: readonly BilledInterval[];
  readonly daily: readonly BilledInterval[];
  readonly modelled: ReadonlyMap<EpochMicros, readonly ModelledHour[]>;
  readonly apps: EndpointApps;
}

async function refreshDay(trx: LedgerTransaction, day: DayOfSpend): Promise<SpendChange[]> {
  const known = new Set(day.apps.values());
  const billed = billedByHour(day, (bill) => appOf(bill, known));
  const rows: SpendHoursTable[] = [];
  for (const hour of day.hours) {
    rows.push(...spendRows(hour, day.modelled.get(hour) ?? [], billed.get(hour) ?? new Map()));
  }
  const before = await trx
    .selectFrom('spend_hours')
    .select(['hour', 'endpoint_id', 'app', 'effective_nano'])
    .where('hour', 'in', [...day.hours])
    .execute();
  await trx
    .deleteFrom('spend_hours')
    .where('hour', 'in', [...day.hours])
    .execute();
  for (const chunk of chunksOf(rows, 100)) {
    await trx.insertInto('spend_hours').values(chunk).execute();
  }
  const figures = new Map<string, SpendChange>();
  for (const row of before) {
    const { hour, endpoint_id: endpoint, effective_nano } = row;
    figures.set(keyOf(row), { hour, endpoint, before: effective_nano, after: 0 });
  }
  for (const row of rows) {
    const { hour, endpoint_id: endpoint, effective_nano: after } = row;
    const earlier = figures.get(keyOf(row))?.before ?? null;
    figures.set(keyOf(row), { hour, endpoint, before: earlier, after });
  }
  return [...figures.values()];
}

function keyOf(row: Pick<SpendHoursTable, 'hour' | 'endpoint_id' | 'app'>): string {
  return `${row.hour},${row.endpoint_id},${row.app}`;
}

/** The bill by hour and app. A day's dollars go to its hours as the model has them, else evenly. */
function billedByHour(
  { day, bill, daily, modelled }: DayOfSpend,
  appOfBill: (bill: BilledInterval) => string,
): Map<EpochMicros, Map<string, number>> {
  const billed = new Map<EpochMicros, Map<string, number>>();
  const add = (hour: EpochMicros, app: string, nano: number) => {
    const apps = billed.get(hour) ?? new Map<string, number>();
    apps.set(app, (apps.get(app) ?? 0) + nano);
    billed.set(hour, apps);
  };
  for (const interval of bill) {
    if (interval.intervalUs === MICROS_PER_HOUR) {
      add(interval.start, appOfBill(interval), interval.costNano);
    }
  }
  const hours = hoursOf(day);
  for (const interval of daily) {
    const app = appOfBill(interval);
    const weights = hours.map((hour) =>
      (modelled.get(hour) ?? [])
        .filter((spend) => spend.app === app)
        .reduce((sum, { modelledNano }) => sum + modelledNano, 0),
    );
    const shares = apportion(interval.costNano, weights);
    hours.forEach((hour, index) => {
      add(hour, app, shares[index] ?? 0);
    });
  }
  return billed;
}

/** A bill's object is known by its id, or by its name, which another environment may have as well. */
export function appOf(
  bill: Pick<BilledInterval, 'object' | 'description' | 'environment'>,
  known: ReadonlySet<string>,
): string {
  const qualified = `${bill.environment}/${bill.description}`;
  if (known.has(qualified)) return qualified;
  if (known.has(bill.object)) return bill.object;
  if (known.has(bill.description)) return bill.description;
  return bill.description === '' ? bill.object : bill.description;
}

function spendRows(
  hour: EpochMicros,
  modelled: readonly ModelledHour[],
  billed: ReadonlyMap<string, number>,
): SpendHoursTable[] {
  const byEndpoint = new Map(modelled.map((spend) => [spend.endpoint, spend]));
  return effectiveSpend(modelled, billed).map((spend) => {
    const { modelledNano, lines } = byEndpoint.get(spend.endpoint) ?? NOTHING;
    const own = spend.endpoint !== NO_ENDPOINT;
    return {
      ...(own ? lines : NOTHING.lines),
      hour,
      app: spend.app ?? '',
      endpoint_id: spend.endpoint,
      modelled_nano: own ? modelledNano : 0,
      billed_nano: spend.billedNano,
      effective_nano: spend.effectiveNano,
      residual_nano: spend.residualNano,
    };
  });
}

const NOTHING: Pick<ModelledHour, 'modelledNano' | 'lines'> = {
  modelledNano: 0,
  lines: {
    gpu_us: 0,
    busy_us: 0,
    cold_us: 0,
    idle_us: 0,
    standing_us: 0,
    busy_nano: 0,
    failed_nano: 0,
    cold_nano: 0,
    idle_nano: 0,
    standing_nano: 0,
    tokens_nano: 0,
    low_nano: 0,
    high_nano: 0,
    unpriced: 0,
  },
};

function daysOf(hours: readonly EpochMicros[]) {
  const days = new Map<EpochMicros, EpochMicros[]>();
  for (const hour of hours) {
    const day = hour - (hour % MICROS_PER_DAY);
    const list = days.get(day) ?? [];
    list.push(hour);
    days.set(day, list);
  }
  return [...days].map(([day, list]) => ({ day, hours: list }));
}

function hoursOf(day: EpochMicros): EpochMicros[] {
  return Array.from({ length: 24 }, (_, index) => day + index * MICROS_PER_HOUR);
}
