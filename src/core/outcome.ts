/**
 * The closed vocabularies of a request's end. They are stored as short text, shown as they are,
 * and never translated: a script may compare against them.
 */

/** How a request ended, seen from the proxy. */
export const OUTCOMES = [
  'ok',
  'upstream_error',
  'app_error',
  'client_abort',
  'upstream_reset',
  'upstream_timeout',
  'connect_failed',
  'rejected',
  'shutdown',
  'crash_recovered',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Whether the failure used GPU time that Modal bills. */
export const PAID = ['yes', 'no', 'unknown'] as const;
export type Paid = (typeof PAID)[number];

/** Who produced a failure, and which one: Modal's edge (free) or the container (paid). */
export const ERROR_CLASSES = [
  'modal_bad_redirect_method',
  'modal_prohibited_header',
  'modal_proxy_auth',
  'modal_forbidden',
  'modal_invalid_function_call',
  'modal_app_stopped',
  'modal_workspace_disabled',
  'modal_missing_request',
  'modal_rate_limited',
  'modal_spend_limit',
  'modal_function_timeout',
  'modal_function_terminated',
  'modal_no_container',
  'modal_internal_error',
  'modal_edge_error',
  'container_error',
  'app_error',
  'connect_refused',
  'connect_timeout',
  'dns_failure',
  'tls_failure',
  'upstream_reset',
  'upstream_timeout',
  'upstream_protocol_error',
  'client_abort',
  'bad_request',
  'unauthorized',
  'rate_limited',
  'budget_exceeded',
  'queue_full',
  'journal_unavailable',
  'shutting_down',
  'crash',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** What the record itself can explain about a failure. */
export const DIAGNOSES = ['event_loop_blocked'] as const;
export type Diagnosis = (typeof DIAGNOSES)[number];

/** How sure the cost of a record is: see cost states in the README of `src/`. */
export const COST_STATES = ['unpriced', 'provisional', 'settled', 'reconciled'] as const;
export type CostState = (typeof COST_STATES)[number];

/** Where the knowledge of container time came from. */
export const ATTRIBUTIONS = ['inferred', 'observed', 'authoritative'] as const;
export type Attribution = (typeof ATTRIBUTIONS)[number];
