import type { Kysely } from 'kysely';
import { LatencySketch } from '../../core/latency-sketch.ts';
import type { PeriodUsage, UsageGroup, UsageTotals } from '../../core/period-facts.ts';
import type { EpochMicros, Micros } from '../../core/units.ts';
import type { ZonedWindow } from '../../core/zoned-time.ts';
import type { Database } from '../database.ts';
import { loadNames } from '../names.ts';

interface Window {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

/** Usage of the hours that start in `[from, to)`, from roll-ups alone; `days` get their latency each. */
export async function reportUsage(
  db: Kysely<Database>,
  window: Window,
  days: readonly ZonedWindow[],
): Promise<PeriodUsage> {
  const sums = await countsOf(db, window);
  const sketches = await sketchesOf(db, window, days);
  const names = await loadNames(
    db,
    sums.flatMap((row) => [row.endpoint_id, row.operation_id]),
  );
  const group = (rows: readonly Count[], matches: (key: SketchKey) => boolean): UsageGroup => ({
    endpoint: names.get(rows[0]?.endpoint_id ?? 0) ?? 'unknown',
    operation: names.get(rows[0]?.operation_id ?? 0) ?? null,
    ...totalsOf(rows, sketches, matches),
  });
  const groupsBy = (keyOf: (row: SketchKey) => string): UsageGroup[] =>
    [...Map.groupBy(sums, keyOf)]
      .map(([key, rows]) => group(rows, (one) => keyOf(one) === key))
      .sort((a, b) => b.requests - a.requests);
  return {
    ...totalsOf(sums, sketches, () => true),
    byEndpoint: groupsBy((row) => `${row.endpoint_id}`).map((one) => ({ ...one, operation: null })),
    byOperation: groupsBy((row) => `${row.endpoint_id},${row.operation_id}`),
    byOutcome: [...Map.groupBy(sums, ({ outcome }) => outcome)]
      .map(([outcome, rows]) => ({ outcome, requests: requestsOf(rows) }))
      .sort((a, b) => b.requests - a.requests),
    days: days.map((day, index) => {
      const all = new LatencySketch();
      for (const one of sketches) if (one.day === index) all.merge(one.duration);
      return { day, p50Us: quantile(all, 0.5), p95Us: quantile(all, 0.95) };
    }),
  };
}

interface SketchKey {
  readonly endpoint_id: number;
  readonly operation_id: number;
}

interface Count extends SketchKey {
  readonly outcome: string;
  readonly requests: number;
}

function countsOf(db: Kysely<Database>, { from, to }: Window): Promise<Count[]> {
  return db
    .selectFrom('rollup_hours')
    .select((eb) => [
      'endpoint_id',
      'operation_id',
      'outcome',
      eb.fn.sum<number>('requests').as('requests'),
    ])
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .groupBy(['endpoint_id', 'operation_id', 'outcome'])
    .execute();
}

interface Sketches extends SketchKey {
  readonly day: number;
  readonly duration: LatencySketch;
  readonly firstToken: LatencySketch;
}

/** One pair of sketches for each day, endpoint and operation: hours and clients are merged at once. */
async function sketchesOf(
  db: Kysely<Database>,
  { from, to }: Window,
  days: readonly ZonedWindow[],
): Promise<Sketches[]> {
  const rows = await db
    .selectFrom('rollup_hours')
    .select(['hour', 'endpoint_id', 'operation_id', 'duration_sketch', 'first_token_sketch'])
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .where('outcome', '=', 'ok')
    .execute();
  const merged = new Map<string, Sketches>();
  for (const row of rows) {
    const day = days.findIndex(({ start, end }) => row.hour >= start && row.hour < end);
    const { endpoint_id, operation_id } = row;
    const key = `${day},${endpoint_id},${operation_id}`;
    let own = merged.get(key);
    if (own === undefined) {
      const empty = { duration: new LatencySketch(), firstToken: new LatencySketch() };
      own = { day, endpoint_id, operation_id, ...empty };
      merged.set(key, own);
    }
    own.duration.mergeText(row.duration_sketch);
    own.firstToken.mergeText(row.first_token_sketch);
  }
  return [...merged.values()];
}

function totalsOf(
  rows: readonly Count[],
  sketches: readonly Sketches[],
  matches: (key: SketchKey) => boolean,
): UsageTotals {
  const duration = new LatencySketch();
  const firstToken = new LatencySketch();
  for (const one of sketches) {
    if (!matches(one)) continue;
    duration.merge(one.duration);
    firstToken.merge(one.firstToken);
  }
  return {
    requests: requestsOf(rows),
    successes: requestsOf(rows.filter(({ outcome }) => outcome === 'ok')),
    p50Us: quantile(duration, 0.5),
    p95Us: quantile(duration, 0.95),
    firstTokenP50Us: quantile(firstToken, 0.5),
  };
}

function requestsOf(rows: readonly Count[]): number {
  return rows.reduce((sum, { requests }) => sum + Number(requests), 0);
}

function quantile(sketch: LatencySketch, q: number): Micros | null {
  const value = sketch.quantile(q);
  return value === null ? null : Math.round(value);
}
