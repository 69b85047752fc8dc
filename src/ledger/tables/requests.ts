import type { Generated } from 'kysely';
import type {
  Attribution,
  CostState,
  Diagnosis,
  ErrorClass,
  Outcome,
  Paid,
} from '../../core/outcome.ts';

/** Text that repeats, stored once: endpoint, model, path, client, container, … by `kind`. */
export interface NamesTable {
  id: Generated<number>;
  kind: string;
  value: string;
}

/**
 * Closed requests, narrow: repeated text by id (`…_id` → `names.id`), instants and durations in
 * microseconds, money in nano-dollars, booleans 0/1. `seq` is the order of intake, the cursor of
 * exports.
 */
export interface RequestsTable {
  seq: number;
  id: string;
  started_at: number;
  endpoint_id: number;
  pool_id: number | null;
  operation_id: number | null;
  client_id: number | null;
  group_key: string | null;
  tags: string | null;
  method_id: number;
  path_id: number;
  /** `null` when derived from the id (see core/ids). */
  trace_id: string | null;
  parent_span_id: string | null;
  country_id: number | null;
  outcome: Outcome;
  status: number | null;
  error_class: ErrorClass | null;
  paid: Paid;
  diagnosis: Diagnosis | null;
  sent_us: number | null;
  first_byte_us: number | null;
  first_token_us: number | null;
  last_byte_us: number | null;
  upstream_end_us: number | null;
  duration_us: number;
  overhead_us: number;
  exec_estimate_us: number | null;
  bytes_in: number;
  bytes_out: number;
  chunks: number;
  streamed: number;
  content_type_id: number | null;
  content_encoding_id: number | null;
  digest: string | null;
  legs: number;
  retries: number;
  model_id: number | null;
  tokens_in: number | null;
  tokens_out: number | null;
  tokens_cached: number | null;
  tokens_reasoning: number | null;
  finish_reason_id: number | null;
  function_call_id: string | null;
  container_id: number | null;
  region_id: number | null;
  cloud_id: number | null;
  cold_start: number | null;
  ready_delay_us: number | null;
  container_age_us: number | null;
  container_requests_before: number | null;
  container_in_flight: number | null;
  queue_us: number | null;
  generation_us: number | null;
  cost_state: CostState;
  attribution: Attribution;
  price_id: number | null;
  gpu_us: number | null;
  exec_nano: number | null;
  overhead_nano: number | null;
  total_nano: number | null;
  low_nano: number | null;
  high_nano: number | null;
}

/** Requests that have opened and not yet closed, by journal. The payload is the `OpenedRequest`. */
export interface OpenRequestsTable {
  id: string;
  journal: string;
  started_at: number;
  endpoint_id: number;
  /** 0/1: between two legs of a 303 chain. */
  parked: number;
  payload: string;
}

/** How far intake has read each journal; committed with the rows it read. */
export interface JournalOffsetsTable {
  journal: string;
  segment: number;
  offset: number;
  /** Instant of the newest entry read: bounds the moment of a crash. */
  last_entry_at: number;
}

/** Hourly roll-up. Sums and mergeable sketches (see core/latency-sketch). */
export interface RollupHoursTable {
  /** Start of the UTC hour, in microseconds since the epoch. */
  hour: number;
  endpoint_id: number;
  operation_id: number;
  client_id: number;
  outcome: Outcome;
  region_id: number;
  requests: number;
  bytes_in: number;
  bytes_out: number;
  tokens_in: number;
  tokens_out: number;
  chunks: number;
  legs: number;
  duration_us: number;
  overhead_us: number;
  cold_starts: number;
  duration_sketch: string;
  first_byte_sketch: string;
  first_token_sketch: string;
  overhead_sketch: string;
}
