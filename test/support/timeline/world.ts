import { MICROS_PER_HOUR } from '../../../src/core/units.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import type { RollupHoursTable } from '../../../src/ledger/tables/requests.ts';
import { sampleClosed, samplePrice } from '../ledger/sample-requests.ts';

const NO_LINES = {
  gpu_us: 0,
  busy_us: 0,
  cold_us: 0,
  idle_us: 0,
  standing_us: 0,
  failed_nano: 0,
  cold_nano: 0,
  idle_nano: 0,
  standing_nano: 0,
  tokens_nano: 0,
  unpriced: 0,
};

/** Usage and dollars of an hour, written as settlement and intake leave them. */
export async function addUsage(
  { db }: Ledger,
  at: number,
  usage: {
    usd?: number;
    requests?: number;
    bytesOut?: number;
    endpoint?: string;
    sketch?: string;
    /** Where its container ran. */
    region?: string;
  },
): Promise<void> {
  const hour = at - (at % MICROS_PER_HOUR);
  const endpointId = await nameId(db, 'endpoint', usage.endpoint ?? 'generate');
  const regionId = usage.region === undefined ? 0 : await nameId(db, 'region', usage.region);
  const nano = Math.round((usage.usd ?? 0) * 1e9);
  const requests = usage.requests ?? 1;
  await db
    .insertInto('spend_hours')
    .values({
      ...NO_LINES,
      hour,
      app: '',
      endpoint_id: endpointId,
      busy_nano: nano,
      modelled_nano: nano,
      low_nano: nano,
      high_nano: nano,
      billed_nano: null,
      effective_nano: nano,
      residual_nano: null,
    })
    .onConflict((conflict) =>
      conflict.columns(['hour', 'endpoint_id', 'app']).doUpdateSet((eb) => ({
        busy_nano: eb('spend_hours.busy_nano', '+', nano),
        modelled_nano: eb('spend_hours.modelled_nano', '+', nano),
        effective_nano: eb('spend_hours.effective_nano', '+', nano),
      })),
    )
    .execute();
  const row: RollupHoursTable = {
    hour,
    endpoint_id: endpointId,
    operation_id: 0,
    client_id: 0,
    outcome: 'ok',
    region_id: regionId,
    requests,
    bytes_in: 0,
    bytes_out: usage.bytesOut ?? 0,
    tokens_in: 0,
    tokens_out: 0,
    chunks: requests,
    legs: requests,
    duration_us: 0,
    overhead_us: 0,
    cold_starts: 0,
    duration_sketch: usage.sketch ?? '',
    first_byte_sketch: '',
    first_token_sketch: '',
    overhead_sketch: '',
  };
  await db
    .insertInto('rollup_hours')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['hour', 'endpoint_id', 'operation_id', 'client_id', 'outcome', 'region_id'])
        .doUpdateSet((eb) => ({
          requests: eb('rollup_hours.requests', '+', requests),
          bytes_out: eb('rollup_hours.bytes_out', '+', usage.bytesOut ?? 0),
        })),
    )
    .execute();
}

/** The bill comes and says what an hour cost. */
export async function billHour({ db }: Ledger, at: number, usd: number): Promise<void> {
  const nano = Math.round(usd * 1e9);
  await db
    .updateTable('spend_hours')
    .set((eb) => ({
      billed_nano: nano,
      effective_nano: nano,
      residual_nano: eb(eb.val(nano), '-', eb.ref('modelled_nano')),
    }))
    .where('hour', '=', at - (at % MICROS_PER_HOUR))
    .execute();
}

/** Requests that really went through intake's import. */
export async function addRequests(
  ledger: Ledger,
  at: number,
  { count, failing, endpoint }: { count: number; failing: boolean; endpoint: string },
): Promise<void> {
  const requests = Array.from({ length: count }, (_, index) =>
    sampleClosed({
      startedAt: at - 1_000_000 * (count - index),
      durationUs: 500_000,
      endpoint,
      ...(failing
        ? { outcome: 'upstream_error', status: 503, errorClass: 'modal_no_container', paid: 'no' }
        : {}),
    }),
  );
  await importRequests(requests, { ledger, price: samplePrice });
}

async function nameId(
  db: Ledger['db'],
  kind: 'endpoint' | 'region',
  value: string,
): Promise<number> {
  await db
    .insertInto('names')
    .values({ kind, value })
    .onConflict((conflict) => conflict.columns(['kind', 'value']).doNothing())
    .execute();
  const row = await db
    .selectFrom('names')
    .select('id')
    .where('kind', '=', kind)
    .where('value', '=', value)
    .executeTakeFirstOrThrow();
  return row.id;
}
