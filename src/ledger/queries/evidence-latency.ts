import type { EpochMicros, Micros } from '../../core/units.ts';
import type { LatencyHoursTable } from '../tables/alerts.ts';

/** What is known of where a request's time went. */
export interface TimedRow {
  readonly endpoint_id: number;
  readonly operation_id: number | null;
  readonly outcome: string;
  readonly duration_us: Micros;
  readonly overhead_us: Micros;
  readonly sent_us: Micros | null;
  readonly last_byte_us: Micros | null;
  readonly queue_us: Micros | null;
  readonly ready_delay_us: Micros | null;
  readonly cold_start: number | null;
  readonly generation_us: Micros | null;
}

/** The slowest tenth, at least one, of each endpoint's and operation's requests of an hour. */
export function latencyRows(hour: EpochMicros, rows: readonly TimedRow[]): LatencyHoursTable[] {
  const groups = Map.groupBy(
    rows.filter(({ outcome }) => outcome === 'ok'),
    (row) => `${row.endpoint_id},${row.operation_id ?? 0}`,
  );
  return [...groups.values()].map((group) => {
    const count = Math.max(1, Math.ceil(group.length / 10));
    const slowest = group.toSorted((a, b) => b.duration_us - a.duration_us).slice(0, count);
    return slowest.reduce(addRow, emptyRow(hour, slowest[0]));
  });
}

function emptyRow(hour: EpochMicros, row: TimedRow | undefined): LatencyHoursTable {
  return {
    hour,
    endpoint_id: row?.endpoint_id ?? 0,
    operation_id: row?.operation_id ?? 0,
    requests: 0,
    total_us: 0,
    client_us: 0,
    queue_us: 0,
    queue_known: 0,
    cold_us: 0,
    cold_known: 0,
    generation_us: 0,
    generation_known: 0,
    network_us: 0,
    network_known: 0,
  };
}

function addRow(sum: LatencyHoursTable, row: TimedRow): LatencyHoursTable {
  const client = row.overhead_us + clientWait(row);
  const cold = coldOf(row);
  // A request that waits for a start waits in the queue: the start is the part of the wait that has a name.
  const queue = row.queue_us === null ? null : Math.max(0, row.queue_us - (cold ?? 0));
  const network = networkOf(row);
  const known = (value: Micros | null) => (value === null ? 0 : 1);
  return {
    ...sum,
    requests: sum.requests + 1,
    total_us: sum.total_us + row.duration_us,
    client_us: sum.client_us + Math.min(client, row.duration_us),
    queue_us: sum.queue_us + (queue ?? 0),
    queue_known: sum.queue_known + known(queue),
    cold_us: sum.cold_us + (cold ?? 0),
    cold_known: sum.cold_known + known(cold),
    generation_us: sum.generation_us + (row.generation_us ?? 0),
    generation_known: sum.generation_known + known(row.generation_us),
    network_us: sum.network_us + (network ?? 0),
    network_known: sum.network_known + known(network),
  };
}

function coldOf(row: TimedRow): Micros | null {
  if (row.cold_start === 1) return row.ready_delay_us;
  return row.cold_start === 0 ? 0 : null;
}

/** From the upstream's last byte to the client's end. */
function clientWait(row: TimedRow): Micros {
  return row.last_byte_us === null ? 0 : Math.max(0, row.duration_us - row.last_byte_us);
}

/** What is left of the upstream's time once wait and work are taken out; unknown unless both are known. */
function networkOf(row: TimedRow): Micros | null {
  const { sent_us, last_byte_us, queue_us, generation_us } = row;
  if (sent_us === null || last_byte_us === null || queue_us === null || generation_us === null) {
    return null;
  }
  return Math.max(0, last_byte_us - sent_us - queue_us - generation_us);
}
