import type { BillingBatch, BillingRow } from '../../core/billing-row.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type NanoUsd,
} from '../../core/units.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';

/** What one batch of the bill has changed. */
export interface StoredBatch {
  readonly rows: number;
  readonly removed: number;
}

/** Replaces what the ledger holds of the batch's window and resolution. The reconciler then takes it for spend. */
export async function storeBillingBatch(
  trx: LedgerTransaction,
  batch: BillingBatch,
  now: EpochMicros,
): Promise<StoredBatch> {
  const { from, to, intervalUs } = batch;
  const removed = await trx
    .deleteFrom('billing_rows')
    .where('interval_us', '=', intervalUs)
    .where('interval_start', '>=', from)
    .where('interval_start', '<', to)
    .executeTakeFirst();
  await storeBillingRows(trx, batch.rows);
  await trx
    .insertInto('billing_windows')
    .values({ interval_us: intervalUs, from_us: from, to_us: to, fetched_at: now })
    .onConflict((c) =>
      c.columns(['interval_us', 'from_us']).doUpdateSet((eb) => ({
        to_us: eb
          .case()
          .when('billing_windows.to_us', '>', eb.ref('excluded.to_us'))
          .then(eb.ref('billing_windows.to_us'))
          .else(eb.ref('excluded.to_us'))
          .end(),
        fetched_at: now,
      })),
    )
    .execute();
  return { rows: batch.rows.length, removed: Number(removed.numDeletedRows) };
}

/** Replaces the rows with the same key, and no others: what a file of the report says. */
export async function storeBillingRows(
  trx: LedgerTransaction,
  given: readonly BillingRow[],
): Promise<void> {
  const rows = given.map((row) => ({
    object_id: row.objectId,
    environment: row.environment,
    interval_start: row.intervalStart,
    interval_us: row.intervalUs,
    resource: row.resource ?? '',
    description: row.description,
    cost_nano: row.costNano,
    tags: JSON.stringify(row.tags),
  }));
  for (const chunk of chunksOf(rows, 200)) {
    await trx
      .insertInto('billing_rows')
      .values(chunk)
      .onConflict((c) =>
        c
          .columns(['interval_start', 'object_id', 'environment', 'interval_us', 'resource'])
          .doUpdateSet((eb) => ({
            cost_nano: eb.ref('excluded.cost_nano'),
            description: eb.ref('excluded.description'),
            tags: eb.ref('excluded.tags'),
          })),
      )
      .execute();
  }
}

/** Until when the bill is known without a gap from its first window on; `null`: nothing is known. */
export async function billingCompleteUntil(
  db: LedgerTransaction,
  intervalUs: number,
): Promise<EpochMicros | null> {
  return (await pulledSpan(db, intervalUs))?.to ?? null;
}

/** What pulls have covered without a gap from their first window on; `null`: nothing was pulled. */
export async function pulledSpan(
  db: LedgerTransaction,
  intervalUs: number,
): Promise<{ readonly from: EpochMicros; readonly to: EpochMicros } | null> {
  const windows = await db
    .selectFrom('billing_windows')
    .select(['from_us', 'to_us'])
    .where('interval_us', '=', intervalUs)
    .orderBy('from_us')
    .execute();
  const [first] = windows;
  if (first === undefined) return null;
  let to = first.to_us;
  for (const { from_us, to_us } of windows) {
    if (from_us > to) break;
    to = Math.max(to, to_us);
  }
  return { from: first.from_us, to };
}

/** One object's bill of one interval, its resources added up. */
export interface BilledInterval {
  readonly object: string;
  readonly description: string;
  readonly environment: string;
  readonly start: EpochMicros;
  readonly intervalUs: number;
  readonly costNano: NanoUsd;
  readonly byResource: ReadonlyMap<string, NanoUsd>;
}

/**
 * The bill of the intervals that start in `[from, to)`. A day's row is left out when its object has hourly
 * rows on that day, and a row without resource when there are rows with: each dollar counts once.
 */
export async function billedIntervals(
  db: LedgerTransaction,
  from: EpochMicros,
  to: EpochMicros,
): Promise<BilledInterval[]> {
  const dayStart = from - (from % MICROS_PER_DAY);
  const rows = await db
    .selectFrom('billing_rows')
    .select(['object_id', 'description', 'environment', 'interval_start', 'interval_us'])
    .select(['resource', 'cost_nano'])
    .where('interval_start', '>=', dayStart)
    .where('interval_start', '<', to)
    .orderBy('interval_start')
    .execute();
  const hourly = new Set(
    rows
      .filter(({ interval_us }) => interval_us === MICROS_PER_HOUR)
      .map((row) => `${row.object_id}\n${row.environment}\n${dayOf(row.interval_start)}`),
  );
  const intervals = new Map<string, BilledInterval & { split: boolean; costNano: number }>();
  for (const row of rows) {
    const day = `${row.object_id}\n${row.environment}\n${dayOf(row.interval_start)}`;
    const isHour = row.interval_us === MICROS_PER_HOUR;
    if ((!isHour && hourly.has(day)) || (isHour && row.interval_start < from)) continue;
    const key = `${row.object_id}\n${row.environment}\n${row.interval_start}\n${row.interval_us}`;
    const known = intervals.get(key);
    const split = row.resource !== '';
    if (known === undefined || (split && !known.split)) {
      intervals.set(key, {
        object: row.object_id,
        description: row.description,
        environment: row.environment,
        start: row.interval_start,
        intervalUs: row.interval_us,
        costNano: row.cost_nano,
        byResource: new Map([[row.resource, row.cost_nano]]),
        split,
      });
    } else if (split) {
      known.costNano += row.cost_nano;
      (known.byResource as Map<string, number>).set(row.resource, row.cost_nano);
    }
  }
  return [...intervals.values()].map(({ split: _, ...interval }) => interval);
}

function dayOf(at: EpochMicros): EpochMicros {
  return at - (at % MICROS_PER_DAY);
}
