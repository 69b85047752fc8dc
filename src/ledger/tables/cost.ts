import type { Generated } from 'kysely';
import type { Attribution } from '../../core/outcome.ts';

/**
 * What settlement found of a request, by its `seq`: narrow, so that it is written in the order of its key and
 * the wide row is left alone. Without a row here settlement has not seen the request. What follows from these
 * columns is not stored (see queries/request-costs).
 */
export interface RequestCostsTable {
  seq: number;
  /** Its `container_sessions.id`. 0: it used no container, and its cost is what `requests` says. */
  session_id: number;
  price_id: number | null;
  /** Share of container time, in microseconds. */
  exec_us: number | null;
  gpu_us: number | null;
  /** `null`: no price is known. */
  exec_nano: number | null;
  /** `null`: its container is still open. */
  overhead_nano: number | null;
  low_nano: number | null;
  high_nano: number | null;
  /** The total before it was scaled to the bill; `null`: not compared with it. */
  modelled_nano: number | null;
  attribution: Attribution;
}

/**
 * A container from its first billed instant to its close, or a part of one that lasts long (see
 * core/occupancy/run). `closed_at` is `null` while it is open; times are then those up to `settled_until`
 * of its pool. Dollars are `null` when no price is known.
 */
export interface ContainerSessionsTable {
  id: number;
  endpoint_id: number;
  /** 0: the endpoint has no pools. */
  pool_id: number;
  part: number;
  container_id: number | null;
  level: Attribution;
  /** 0/1: one of `minContainers`. */
  standing: number;
  price_id: number | null;
  started_at: number;
  /** The event that opened it: from here on a late row may change it. */
  opened_at: number;
  first_request_at: number | null;
  last_finish_at: number | null;
  closed_at: number | null;
  requests: number;
  busy_us: number;
  cold_us: number;
  idle_us: number;
  busy_nano: number | null;
  cold_nano: number | null;
  idle_nano: number | null;
  /** After scaling to the bill. */
  billed_nano: number | null;
}

/** A session's time and dollars in one UTC hour. `busy_nano` is without `failed_nano`. */
export interface SessionHoursTable {
  session_id: number;
  hour: number;
  endpoint_id: number;
  pool_id: number;
  standing: number;
  observed: number;
  gpu_us: number;
  busy_us: number;
  cold_us: number;
  idle_us: number;
  busy_nano: number;
  failed_nano: number;
  cold_nano: number;
  idle_nano: number;
}

/** What a pool's hour costs at least and at most, when containers do not say who they are. */
export interface PoolHoursTable {
  endpoint_id: number;
  pool_id: number;
  hour: number;
  low_nano: number;
  high_nano: number;
}

/**
 * Dollars by UTC hour: one row for each endpoint, and one with `endpoint_id` 0 for what the bill of an app
 * has beyond its endpoints. `effective_nano` is billed where the bill covers the hour, else modelled;
 * `residual_nano` is what was billed beyond the model. The lines sum to `modelled_nano`.
 */
export interface SpendHoursTable {
  hour: number;
  /** App or other object of the bill; '' when the endpoint names none. */
  app: string;
  endpoint_id: number;
  gpu_us: number;
  busy_us: number;
  cold_us: number;
  idle_us: number;
  standing_us: number;
  busy_nano: number;
  failed_nano: number;
  cold_nano: number;
  idle_nano: number;
  standing_nano: number;
  tokens_nano: number;
  modelled_nano: number;
  low_nano: number;
  high_nano: number;
  billed_nano: number | null;
  effective_nano: number;
  residual_nano: number | null;
  unpriced: number;
}

/** Requests and their dollars by the hour in which they started. An id of 0 is "none". */
export interface CostHoursTable {
  hour: number;
  endpoint_id: number;
  operation_id: number;
  client_id: number;
  /** 0/1 */
  failed: number;
  requests: number;
  /** Requests whose total is not final. */
  provisional: number;
  unpriced: number;
  exec_us: number;
  gpu_us: number;
  exec_nano: number;
  overhead_nano: number;
  tokens_nano: number;
}

/** How far a pool is settled, and what settlement goes on from: JSON (see src/cost/pool-state). */
export interface SettlementPoolsTable {
  endpoint_id: number;
  pool_id: number;
  settled_until: number;
  state: string;
}

/** The same state at earlier hours' edges, to go back to when rows come late. */
export interface SettlementCheckpointsTable {
  endpoint_id: number;
  pool_id: number;
  at: number;
  state: string;
}

/** What an endpoint was configured as, from when on: history is settled with the settings of its time. */
export interface EndpointSettingsTable {
  endpoint_id: number;
  effective_from: number;
  settings: string;
}

/** A change of an hour that had been settled: late rows, or a bill that came or changed. */
export interface CostCorrectionsTable {
  id: Generated<number>;
  at: number;
  endpoint_id: number;
  hour: number;
  before_nano: number;
  after_nano: number;
  reason: 'late_rows' | 'bill';
}

/** Modal's bill, replaceable: see core/billing-row. `resource` '' is a report without resources. */
export interface BillingRowsTable {
  object_id: string;
  environment: string;
  interval_start: number;
  interval_us: number;
  resource: string;
  description: string;
  cost_nano: number;
  tags: string;
}

/** Windows of the bill that are known completely. */
export interface BillingWindowsTable {
  interval_us: number;
  from_us: number;
  to_us: number;
  fetched_at: number;
}

/** One comparison of an app's hour, or day, with the bill. */
export interface ReconciliationsTable {
  app: string;
  interval_start: number;
  interval_us: number;
  billed_nano: number;
  modelled_nano: number;
  residual_nano: number;
  /** Billed GPU time ÷ modelled GPU time, in thousandths; `null` when either is 0 or unknown. */
  ratio_thousandths: number | null;
  diagnosis: string;
  /** JSON: the figures the diagnosis rests on. */
  evidence: string;
}

/** Prices that the `modal-rates` collector has seen: see ports/collector. */
export interface PriceObservationsTable {
  resource: string;
  /** '' for CPU and memory. */
  gpu: string;
  effective_from: number;
  pico_usd_per_second: number;
  source: string;
}
