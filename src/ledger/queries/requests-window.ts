import type { Kysely } from 'kysely';
import { type EpochMicros, MICROS_PER_DAY } from '../../core/units.ts';
import type { Database } from '../database.ts';

/**
 * The newest part of `[from, to)` that has about `most` requests, in whole days back from `to`, and no earlier
 * than the first request. `null`: not one whole day is on record.
 */
export async function windowOfRequests(
  db: Kysely<Database>,
  {
    from,
    to,
    most,
  }: { readonly from: EpochMicros; readonly to: EpochMicros; readonly most: number },
): Promise<{ from: EpochMicros; to: EpochMicros } | null> {
  const rows = await db
    .selectFrom('rollup_hours')
    .select((eb) => ['hour', eb.fn.sum<number>('requests').as('requests')])
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .groupBy('hour')
    .orderBy('hour', 'desc')
    .execute();
  const first = rows.at(-1)?.hour;
  if (first === undefined) return null;
  let start = to;
  let index = 0;
  let requests = 0;
  while (start - MICROS_PER_DAY >= Math.max(from, first)) {
    start -= MICROS_PER_DAY;
    for (; (rows[index]?.hour ?? -1) >= start; index += 1) requests += rows[index]?.requests ?? 0;
    if (requests >= most) break;
  }
  return start === to ? null : { from: start, to };
}
