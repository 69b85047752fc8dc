import { type EpochMicros, MICROS_PER_HOUR } from '../core/units.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerTransaction } from './prepared-query.ts';
import { rawHorizon, rollupInputs } from './queries/raw-rows.ts';
import { RollupBatch } from './rollup.ts';

export interface RebuildSettings {
  /** Half-open; default: all. Hours whose requests have been deleted are left as they are. */
  readonly from?: EpochMicros;
  readonly to?: EpochMicros;
  readonly onProgress?: (hours: number) => void;
}

/** Makes the roll-ups anew from the requests, an hour in a transaction; how many hours that were. */
export async function rebuildRollups(
  ledger: Ledger,
  { from = 0, to = Number.MAX_SAFE_INTEGER, onProgress }: RebuildSettings = {},
): Promise<number> {
  let hours = 0;
  for await (const hour of hoursOf(ledger, from, to)) {
    await ledger.db.transaction().execute(async (trx) => {
      await lockOutIntake(trx);
      await trx.deleteFrom('rollup_hours').where('hour', '=', hour).execute();
      const batch = await rollupsOfHour(trx, hour);
      await batch.insert(trx);
    });
    hours += 1;
    onProgress?.(hours);
  }
  return hours;
}

/** The roll-ups that the hour's requests make. */
export async function rollupsOfHour(
  db: LedgerTransaction,
  hour: EpochMicros,
): Promise<RollupBatch> {
  const batch = new RollupBatch();
  for await (const rows of rollupInputs(db, hour, hour + MICROS_PER_HOUR)) {
    for (const row of rows) batch.add(row, row);
  }
  return batch;
}

/** Hours in `[from, to)` that have a request or a roll-up, and all of their requests, oldest first. */
export async function* hoursOf(
  { db }: Ledger,
  from: EpochMicros,
  to: EpochMicros,
): AsyncGenerator<EpochMicros> {
  let at = Math.max(from, await rawHorizon(db));
  for (;;) {
    const request = await db
      .selectFrom('requests')
      .select((eb) => eb.fn.min('started_at').as('at'))
      .where('started_at', '>=', at)
      .executeTakeFirst();
    const rollup = await db
      .selectFrom('rollup_hours')
      .select((eb) => eb.fn.min('hour').as('at'))
      .where('hour', '>=', Math.ceil(at / MICROS_PER_HOUR) * MICROS_PER_HOUR)
      .executeTakeFirst();
    const next = Math.min(request?.at ?? Infinity, rollup?.at ?? Infinity);
    if (next >= to) return;
    const hour = Math.floor(next / MICROS_PER_HOUR) * MICROS_PER_HOUR;
    yield hour;
    at = hour + MICROS_PER_HOUR;
  }
}

/**
 * Intake takes the same row first, so it waits until the hour is whole again; the number that is used up tells
 * it that the roll-ups in its memory are not those of the ledger any more.
 */
async function lockOutIntake(trx: LedgerTransaction): Promise<void> {
  await trx
    .updateTable('counters')
    .set((eb) => ({ value: eb('value', '+', 1) }))
    .where('name', '=', 'request_seq')
    .execute();
}
