import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type PicoUsdPerSecond,
} from '../../../src/core/units.ts';

/** A row as `modal billing report --json --show-resources` prints it. */
export interface BillRow {
  readonly object_id: string;
  readonly description: string;
  readonly environment: string;
  /** UTC, without a zone suffix. */
  readonly interval_start: string;
  readonly resource: string;
  /** Dollars, decimal, exact. */
  readonly cost: string;
  /** JSON inside JSON. */
  readonly tags: string;
}

/** One App as the bill sees it. */
export interface BilledApp {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What one container of the app uses, at list price per second of container time. */
export interface BilledResource {
  readonly resource: string;
  readonly picoUsdPerSecond: PicoUsdPerSecond;
}

/** Billed time of one container. */
export interface BilledInterval {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

export interface BillOptions {
  readonly app: BilledApp;
  readonly resources: readonly BilledResource[];
  /** Region multiplier in thousandths: 1000 without a pin. */
  readonly multiplierThousandths: number;
  readonly resolution: 'h' | 'd';
}

/** Pico-dollars × microseconds × thousandths: 1e-21 dollars is the smallest amount there can be. */
const DIGITS = 21;

/** Splits container time at the interval edges and prices it exactly. */
export function billRows(
  intervals: readonly BilledInterval[],
  options: BillOptions,
): readonly BillRow[] {
  const step = options.resolution === 'h' ? MICROS_PER_HOUR : MICROS_PER_DAY;
  const rows: BillRow[] = [];
  for (const [start, time] of timePerInterval(intervals, step)) {
    for (const { resource, picoUsdPerSecond } of options.resources) {
      if (picoUsdPerSecond === 0) continue;
      const amount =
        BigInt(picoUsdPerSecond) * BigInt(time) * BigInt(options.multiplierThousandths);
      rows.push({
        object_id: options.app.id,
        description: options.app.name,
        environment: options.app.environment,
        interval_start: new Date(start / 1_000).toISOString().slice(0, 19),
        resource,
        cost: decimal(amount, DIGITS),
        tags: JSON.stringify(options.app.tags),
      });
    }
  }
  return rows;
}

/** One row for each app, interval and resource: several functions of one App share its lines. */
export function mergeBillRows(rows: readonly BillRow[]): readonly BillRow[] {
  const merged = new Map<string, BillRow>();
  for (const row of rows) {
    const key = [row.object_id, row.environment, row.interval_start, row.resource].join('\n');
    const earlier = merged.get(key);
    const cost = earlier === undefined ? row.cost : sum(earlier.cost, row.cost);
    merged.set(key, { ...row, cost });
  }
  return [...merged.values()];
}

function sum(left: string, right: string): string {
  return decimal(units(left) + units(right), DIGITS);
}

function units(cost: string): bigint {
  const [whole = '0', fraction = ''] = cost.split('.');
  return BigInt(whole + fraction.padEnd(DIGITS, '0'));
}

function timePerInterval(
  intervals: readonly BilledInterval[],
  step: number,
): readonly (readonly [EpochMicros, number])[] {
  const times = new Map<EpochMicros, number>();
  for (const { from, to } of intervals) {
    for (let start = from - (from % step); start < to; start += step) {
      const time = Math.min(to, start + step) - Math.max(from, start);
      if (time > 0) times.set(start, (times.get(start) ?? 0) + time);
    }
  }
  return [...times].sort(([left], [right]) => left - right);
}

function decimal(value: bigint, digits: number): string {
  const text = value.toString().padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/, '');
  return fraction === '' ? text.slice(0, -digits) : `${text.slice(0, -digits)}.${fraction}`;
}
