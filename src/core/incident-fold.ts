import type { ErrorClass, Outcome } from './outcome.ts';
import type { EpochMicros } from './units.ts';

/** A finished request as incidents see it. */
export interface OutcomeSeen {
  readonly endpoint: number;
  readonly outcome: Outcome;
  readonly errorClass: ErrorClass | null;
  readonly startedAt: EpochMicros;
  readonly endedAt: EpochMicros;
}

/** Failures of Modal's side since the last success. */
export interface FailureStreak {
  readonly endpoint: number;
  /** Start of the first request that failed. */
  readonly startedAt: EpochMicros;
  readonly lastFailureAt: EpochMicros;
  readonly failures: number;
  readonly classes: Readonly<Record<string, number>>;
}

/**
 * What says that an endpoint is down: nobody answered, or Modal's edge answered for it. A container that
 * answers with an error is up; so is an edge that refuses a request for what is in it.
 */
const DOWN: ReadonlySet<ErrorClass> = new Set([
  'modal_app_stopped',
  'modal_workspace_disabled',
  'modal_function_terminated',
  'modal_function_timeout',
  'modal_no_container',
  'modal_internal_error',
  'modal_edge_error',
  'connect_refused',
  'connect_timeout',
  'dns_failure',
  'tls_failure',
  'upstream_reset',
  'upstream_timeout',
  'upstream_protocol_error',
]);

export type IncidentChange =
  | { readonly type: 'none' }
  | { readonly type: 'failing'; readonly streak: FailureStreak }
  | { readonly type: 'ended'; readonly streak: FailureStreak; readonly at: EpochMicros };

/** The streak after one more outcome. Only a success ends it; silence proves nothing. */
export function foldOutcome(open: FailureStreak | null, seen: OutcomeSeen): IncidentChange {
  if (seen.outcome === 'ok') {
    // A success that ended before the first failure began came late and says nothing about now.
    return open !== null && seen.endedAt > open.startedAt
      ? { type: 'ended', streak: open, at: seen.endedAt }
      : { type: 'none' };
  }
  if (seen.errorClass === null || !DOWN.has(seen.errorClass)) return { type: 'none' };
  const before: FailureStreak = open ?? {
    endpoint: seen.endpoint,
    startedAt: seen.startedAt,
    lastFailureAt: seen.endedAt,
    failures: 0,
    classes: {},
  };
  return {
    type: 'failing',
    streak: {
      ...before,
      lastFailureAt: Math.max(before.lastFailureAt, seen.endedAt),
      failures: before.failures + 1,
      classes: { ...before.classes, [seen.errorClass]: (before.classes[seen.errorClass] ?? 0) + 1 },
    },
  };
}
