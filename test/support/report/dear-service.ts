import { LatencySketch } from '../../../src/core/latency-sketch.ts';
import { type EpochMicros, MICROS_PER_DAY, MICROS_PER_HOUR } from '../../../src/core/units.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';

export interface DearService {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly requestsAnHour: number;
  readonly dollarsAnHour: number;
  /** In the last 24 hours: this many times as much. Default: 1. */
  readonly lastDayFactor?: number;
}

const ROWS_A_STATEMENT = 500;

/** Roll-ups of an endpoint that has been busy and dear for months; its single requests are long deleted. */
export async function writeDearService(
  { db }: Ledger,
  { from, to, requestsAnHour: requests, dollarsAnHour, lastDayFactor = 1 }: DearService,
): Promise<void> {
  const nanoOf = (hour: EpochMicros) =>
    Math.round(dollarsAnHour * (hour >= to - MICROS_PER_DAY ? lastDayFactor : 1) * 1e9);
  const named = { kind: 'endpoint', value: 'generate' } as const;
  const { insertId } = await db.insertInto('names').values(named).executeTakeFirstOrThrow();
  const endpoint_id = Number(insertId);
  const sketch = new LatencySketch();
  sketch.add(2_000_000);
  const duration_sketch = sketch.toText();
  const hours: EpochMicros[] = [];
  for (let hour = from; hour < to; hour += MICROS_PER_HOUR) hours.push(hour);
  for (let at = 0; at < hours.length; at += ROWS_A_STATEMENT) {
    const some = hours.slice(at, at + ROWS_A_STATEMENT);
    const traffic = some.map((hour) => ({
      ...{ hour, endpoint_id, operation_id: 0, client_id: 0, outcome: 'ok' as const, region_id: 0 },
      ...{ requests, bytes_in: 0, bytes_out: 0, tokens_in: 0, tokens_out: 0, chunks: 0, legs: 0 },
      ...{ duration_us: 2_000_000 * requests, overhead_us: 0, cold_starts: 0, duration_sketch },
      ...{ first_byte_sketch: '', first_token_sketch: '', overhead_sketch: '' },
    }));
    const spend = some.map((hour) => {
      const nano = nanoOf(hour);
      return {
        ...{ hour, app: '', endpoint_id, gpu_us: 0, busy_us: 0, cold_us: 0, idle_us: 0 },
        ...{ standing_us: 0, busy_nano: nano, failed_nano: 0, cold_nano: 0, idle_nano: 0 },
        ...{ standing_nano: 0, tokens_nano: 0, modelled_nano: nano, low_nano: nano },
        ...{ high_nano: nano, billed_nano: null, effective_nano: nano, residual_nano: null },
        unpriced: 0,
      };
    });
    await db.insertInto('rollup_hours').values(traffic).execute();
    await db.insertInto('spend_hours').values(spend).execute();
  }
}
