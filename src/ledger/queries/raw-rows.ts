import type { Kysely } from 'kysely';
import type { EpochMicros } from '../../core/units.ts';
import type { Database } from '../database.ts';
import type { RollupInput } from '../rollup.ts';

const PAGE_ROWS = 10_000;

/** The columns that roll-ups add up, of every request started in `[from, to)`, a page at a time. */
export async function* rollupInputs(
  db: Kysely<Database>,
  from: EpochMicros,
  to: EpochMicros,
): AsyncGenerator<RollupInput[]> {
  let place = { startedAt: from, uid: '' };
  for (;;) {
    const { startedAt, uid } = place;
    const rows = await db
      .selectFrom('requests')
      .innerJoin('request_kinds', 'request_kinds.id', 'requests.kind_id')
      .select([
        ...(['started_at', 'uid', 'endpoint_id', 'operation_id', 'client_id', 'outcome'] as const),
        ...(['region_id', 'bytes_in', 'bytes_out', 'tokens_in', 'tokens_out', 'chunks'] as const),
        ...(['legs', 'duration_us', 'overhead_us', 'cold_start'] as const),
        ...(['first_byte_us', 'first_token_us'] as const),
      ])
      .where('started_at', '<', to)
      .where('started_at', '>=', startedAt)
      .where((eb) => eb.or([eb('started_at', '>', startedAt), eb('uid', '>', uid)]))
      .orderBy('started_at')
      .orderBy('uid')
      .limit(PAGE_ROWS)
      .execute();
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    place = { startedAt: last.started_at, uid: last.uid };
  }
}

/** From this instant on every raw row is still there: retention has not deleted any. */
export async function rawHorizon(db: Kysely<Database>): Promise<EpochMicros> {
  const row = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', 'raw_from')
    .executeTakeFirst();
  return row?.value ?? 0;
}
