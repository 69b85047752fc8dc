import type { Generated } from 'kysely';
import type {
  Attribution,
  CostState,
  Diagnosis,
  ErrorClass,
  Outcome,
  Paid,
} from '../../core/outcome.ts';

/** Text that repeats, stored once: endpoint, model, path, client, container, price, … by `kind`. */
export interface NamesTable {
  id: Generated<number>;
  kind: string;
  value: string;
}

/**
 * Closed requests, narrow: what differs from request to request. What repeats is in `request_kinds`,
 * repeated text in `names` (`…_id` → `names.id`). Instants and durations in microseconds, money in
 * nano-dollars, booleans 0/1. `seq` is the order of intake and the cursor of exports: it only grows,
 * and rows appear in its order.
 */
export interface RequestsTable {
  seq: number;
  started_at: number;
  /**
   * The part of the request's id that `started_at` does not tell, or the whole id (see ledger/request-id:
   * `storedIdOf`, `requestIdOf`). Unique together with `started_at`, and alone when it is a whole id.
   */
  uid: string;
  endpoint_id: number;
  pool_id: number | null;
  kind_id: number;
  path_id: number;
  outcome: Outcome;
  paid: Paid;
  /** `null` when equal to the trace id. */
  group_key: string | null;
  tags: string | null;
  /** `null` when derived from the id (see core/ids). */
  trace_id: string | null;
  parent_span_id: string | null;
  function_call_id: string | null;
  digest: string | null;
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
  tokens_in: number | null;
  tokens_out: number | null;
  tokens_cached: number | null;
  tokens_reasoning: number | null;
  container_id: number | null;
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

/**
 * Combinations of what repeats, each stored once: a few hundred rows stand for 16 columns of millions.
 * `key` is the combination as text, which makes it unique where columns are `null`.
 */
export interface RequestKindsTable {
  id: Generated<number>;
  key: string;
  operation_id: number | null;
  client_id: number | null;
  method_id: number;
  country_id: number | null;
  status: number | null;
  error_class: ErrorClass | null;
  diagnosis: Diagnosis | null;
  streamed: number;
  content_type_id: number | null;
  content_encoding_id: number | null;
  legs: number;
  retries: number;
  model_id: number | null;
  finish_reason_id: number | null;
  region_id: number | null;
  cloud_id: number | null;
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
  /** The id in the journal's folder, so that a moved folder goes on and a new one starts anew. */
  journal: string;
  segment: number;
  offset: number;
  /** Instant of the newest entry read: bounds the moment of a crash. */
  last_entry_at: number;
}

/** Counters that must never go back, such as the newest `requests.seq` given out (`request_seq`). */
export interface CountersTable {
  name: string;
  value: number;
}

/**
 * Pools whose settled time may have changed: intake and import lower `from_us` to the earliest start
 * among the rows they add. Settlement reads a row, settles the pool from `from_us`, and deletes the
 * row only while `marks` is still what it read; otherwise more rows have come and it settles again.
 */
export interface DirtyPoolsTable {
  endpoint_id: number;
  /** 0: the endpoint has no pools. */
  pool_id: number;
  from_us: number;
  marks: number;
}

/** Hourly roll-up. Sums and mergeable sketches (see core/latency-sketch). An id of 0 is "none". */
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

/** Records of a journal that the ledger refused for what they hold, as JSON. They stay for a person to look at. */
export interface IntakeRejectedTable {
  journal: string;
  request_id: string;
  reason: string;
  payload: string;
  rejected_at: number;
}
