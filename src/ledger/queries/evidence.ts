import type { Kysely, Transaction } from 'kysely';
import { type EpochMicros, MICROS_PER_DAY, MICROS_PER_HOUR } from '../../core/units.ts';
import type { Database } from '../database.ts';
import { chunksOf } from '../prepared-query.ts';
import type { EvidenceHoursTable, LatencyHoursTable } from '../tables/alerts.ts';
import { latencyRows } from './evidence-latency.ts';

const COUNTER = 'evidence_until';
/** Rows that come later than this find their hour closed; they are in every sum but these shares. */
const SETTLE_US = 10 * 60 * 1_000_000;
const MAX_PATHS = 20;
const ROWS_A_STATEMENT = 100;

/**
 * Adds up the hours that are over and not yet added: content types, paths, countries, repeated bytes, and where
 * slow requests spent their time. At most `maxHours` a call; how many it did.
 */
export async function rollEvidence(
  db: Kysely<Database>,
  { now, maxHours }: { readonly now: EpochMicros; readonly maxHours: number },
): Promise<number> {
  let hour = await nextHour(db, now);
  let done = 0;
  while (done < maxHours && hour + MICROS_PER_HOUR + SETTLE_US <= now) {
    const current = hour;
    await db.transaction().execute((trx) => rollHour(trx, current));
    hour += MICROS_PER_HOUR;
    done += 1;
  }
  return done;
}

/** Goes on after the last hour; a new ledger starts with the month before its first evaluation. */
async function nextHour(db: Kysely<Database>, now: EpochMicros): Promise<EpochMicros> {
  const row = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', COUNTER)
    .executeTakeFirst();
  if (row !== undefined) return Number(row.value);
  const oldest = now - 30 * MICROS_PER_DAY;
  const first = await db
    .selectFrom('requests')
    .select((eb) => eb.fn.min('started_at').as('at'))
    .where('started_at', '>=', oldest)
    .executeTakeFirst();
  const at = first?.at ?? now;
  return at - (at % MICROS_PER_HOUR);
}

async function rollHour(trx: Transaction<Database>, hour: EpochMicros): Promise<void> {
  const rows = await rowsOf(trx, hour);
  const sent = await sentBefore(trx, hour);
  const cells = new Map<string, EvidenceHoursTable>();
  for (const row of rows) {
    const last = row.digest === null ? undefined : sent.get(row.digest);
    const repeated = last !== undefined && row.started_at - last <= MICROS_PER_DAY;
    if (row.digest !== null) sent.set(row.digest, row.started_at);
    for (const [kind, name] of [
      ['content_type', row.content_type_id ?? 0],
      ['path', row.path_id],
      ['country', row.country_id ?? 0],
    ] as const) {
      addTo(cells, { hour, kind, endpoint_id: row.endpoint_id, name_id: name }, row, repeated);
    }
  }
  await replace(trx, 'evidence_hours', hour, withoutTail([...cells.values()]));
  await replace(trx, 'latency_hours', hour, latencyRows(hour, rows));
  await trx
    .insertInto('counters')
    .values({ name: COUNTER, value: hour + MICROS_PER_HOUR })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ value: hour + MICROS_PER_HOUR }),
    )
    .execute();
}

function rowsOf(trx: Transaction<Database>, hour: EpochMicros) {
  return trx
    .selectFrom('requests')
    .innerJoin('request_kinds', 'request_kinds.id', 'requests.kind_id')
    .select([
      ...(['started_at', 'endpoint_id', 'path_id', 'operation_id', 'content_type_id'] as const),
      ...(['country_id', 'digest', 'bytes_out', 'duration_us', 'overhead_us'] as const),
      ...(['sent_us', 'last_byte_us', 'queue_us', 'ready_delay_us', 'cold_start'] as const),
      ...(['generation_us', 'outcome'] as const),
    ])
    .where('started_at', '>=', hour)
    .where('started_at', '<', hour + MICROS_PER_HOUR)
    .orderBy('started_at')
    .execute();
}

/** When each digest of this hour was last sent in the 24 hours before it. */
async function sentBefore(
  trx: Transaction<Database>,
  hour: EpochMicros,
): Promise<Map<string, EpochMicros>> {
  const rows = await trx
    .selectFrom('requests')
    .select((eb) => ['digest', eb.fn.max('started_at').as('at')])
    .where('started_at', '>=', hour - MICROS_PER_DAY)
    .where('started_at', '<', hour)
    .where('digest', 'is not', null)
    .groupBy('digest')
    .execute();
  return new Map(rows.map(({ digest, at }) => [digest ?? '', at]));
}

function addTo(
  cells: Map<string, EvidenceHoursTable>,
  key: Pick<EvidenceHoursTable, 'hour' | 'kind' | 'endpoint_id' | 'name_id'>,
  row: { readonly bytes_out: number; readonly digest: string | null },
  repeated: boolean,
): void {
  const text = `${key.kind},${key.endpoint_id},${key.name_id}`;
  const cell = cells.get(text) ?? {
    ...key,
    requests: 0,
    bytes: 0,
    digested_bytes: 0,
    repeatable_bytes: 0,
  };
  cell.requests += 1;
  cell.bytes += row.bytes_out;
  if (row.digest !== null) cell.digested_bytes += row.bytes_out;
  if (repeated) cell.repeatable_bytes += row.bytes_out;
  cells.set(text, cell);
}

/** Paths with ids in them are without number: the largest of an hour are enough to name the top. */
function withoutTail(cells: readonly EvidenceHoursTable[]): EvidenceHoursTable[] {
  const paths = cells.filter(({ kind }) => kind === 'path').sort((a, b) => b.bytes - a.bytes);
  return [...cells.filter(({ kind }) => kind !== 'path'), ...paths.slice(0, MAX_PATHS)];
}

async function replace(
  trx: Transaction<Database>,
  table: 'evidence_hours' | 'latency_hours',
  hour: EpochMicros,
  rows: readonly (EvidenceHoursTable | LatencyHoursTable)[],
): Promise<void> {
  await trx.deleteFrom(table).where('hour', '=', hour).execute();
  for (const chunk of chunksOf(rows, ROWS_A_STATEMENT)) {
    await trx
      .insertInto(table)
      .values(chunk as never)
      .execute();
  }
}
