import type { RuleState, Severity } from '../../core/verdict.ts';

/** Where each rule stands. `verdict` is the whole verdict as JSON, for those who show it. */
export interface AlertStatesTable {
  rule: string;
  /** '' when the rule has no periods. */
  period: string;
  /** '' when the rule watches one thing. */
  subject: string;
  state: RuleState;
  since: number | null;
  streak: number;
  verdict: string;
  /** When it was last evaluated. */
  evaluated_at: number;
}

/**
 * The outbox: one row for each notice and channel. Channel `ledger` is the notice itself, which every notice
 * has, so that it is told once also where nobody listens.
 */
export interface NoticesTable {
  /** Key and channel: `budget.crossed/2026-11/1000/crossed/email`. */
  id: string;
  rule: string;
  period: string;
  subject: string;
  kind: string;
  channel: string;
  severity: Severity;
  created_at: number;
  /** The `Notice` as JSON. */
  payload: string;
  status: NoticeStatus;
  attempts: number;
  next_at: number | null;
  /** Holder of the running attempt, and until when nobody else may try. */
  claimed_by: string | null;
  claimed_until: number | null;
  delivered_at: number | null;
  last_error: string | null;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
}

/** `covered`: a higher threshold's notice names it. */
export const NOTICE_STATUSES = [
  ...(['recorded', 'covered', 'pending', 'silenced'] as const),
  ...(['delivered', 'dead', 'dropped'] as const),
] as const;
export type NoticeStatus = (typeof NOTICE_STATUSES)[number];

/** The log of attempts. */
export interface NoticeAttemptsTable {
  notice_id: string;
  attempt: number;
  at: number;
  duration_us: number;
  status: NoticeStatus;
  error: string | null;
}

export interface SilencesTable {
  id: string;
  rule: string;
  from_us: number;
  until_us: number;
  by_whom: string;
  reason: string;
}

/** Failures of an endpoint without a success between. */
export interface IncidentsTable {
  id: string;
  endpoint_id: number;
  started_at: number;
  ended_at: number | null;
  last_failure_at: number;
  failures: number;
  /** Failures by error class: JSON object. */
  classes: string;
}

/** One row for each run of a job: its slot is the moment it was due. */
export interface JobRunsTable {
  job: string;
  slot: number;
  status: 'running' | 'done' | 'failed' | 'skipped';
  holder: string;
  claimed_until: number;
  attempts: number;
  started_at: number;
  finished_at: number | null;
  error: string | null;
}

export interface LeasesTable {
  name: string;
  holder: string;
  until_us: number;
}

/** What roll-ups do not tell, by UTC hour: see queries/evidence. */
export interface EvidenceHoursTable {
  hour: number;
  kind: 'content_type' | 'path' | 'country';
  endpoint_id: number;
  /** `names.id`; 0: none. */
  name_id: number;
  requests: number;
  bytes: number;
  /** Bytes whose digest is known, and of those what was sent within the 24 hours before. */
  digested_bytes: number;
  repeatable_bytes: number;
}

/** Where the slowest tenth of an hour's requests spent their time. `…_known`: requests that say. */
export interface LatencyHoursTable {
  hour: number;
  endpoint_id: number;
  operation_id: number;
  requests: number;
  total_us: number;
  queue_us: number;
  queue_known: number;
  cold_us: number;
  cold_known: number;
  generation_us: number;
  generation_known: number;
  network_us: number;
  network_known: number;
  client_us: number;
}

/** The decision at the end of each quarter: a `Checkpoint` as JSON. */
export interface CheckpointsTable {
  quarter: string;
  at: number;
  payload: string;
}
