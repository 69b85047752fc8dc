/**
 * The metrics of `/metrics`, by the rules of OpenMetrics: base units, `_total` on counters, few labels with
 * few values. The endpoint and the dashboards both read this list. Latencies are summaries, because the
 * ledger's sketches give quantiles directly, without buckets that a cold start of minutes falls out of.
 */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'summary';
  readonly help: string;
  readonly labels: readonly string[];
}

const metric = (
  type: MetricDefinition['type'],
  name: string,
  labels: readonly string[],
  help: string,
): MetricDefinition => ({ name, type, help, labels });

export const METRICS = {
  requests: metric(
    'counter',
    'tripmeter_requests_total',
    ['endpoint', 'outcome'],
    'Ended requests.',
  ),
  bytes: metric(
    'counter',
    'tripmeter_bytes_total',
    ['endpoint', 'direction'],
    'Bytes of bodies, by direction in or out.',
  ),
  requestsInFlight: metric(
    'gauge',
    'tripmeter_requests_in_flight',
    ['endpoint'],
    'Requests now running.',
  ),
  requestsQueued: metric(
    'gauge',
    'tripmeter_requests_queued',
    ['endpoint'],
    'Requests that wait for a connection.',
  ),
  upstreamConnections: metric(
    'gauge',
    'tripmeter_upstream_connections',
    ['endpoint'],
    'Open upstream connections.',
  ),
  clientConnections: metric(
    'gauge',
    'tripmeter_client_connections',
    [],
    'Open connections of clients.',
  ),
  connectionsRefused: metric(
    'counter',
    'tripmeter_client_connections_refused_total',
    [],
    'Connections turned away because proxy.maxConnections were open.',
  ),
  requestDuration: metric(
    'summary',
    'tripmeter_request_duration_seconds',
    ['endpoint', 'quantile'],
    'Start of a request to its end at the client, in this hour and the one before.',
  ),
  firstToken: metric(
    'summary',
    'tripmeter_first_token_seconds',
    ['endpoint', 'quantile'],
    'Start of a request to its first content token, in this hour and the one before.',
  ),
  proxyOverhead: metric(
    'summary',
    'tripmeter_proxy_overhead_seconds',
    ['endpoint', 'quantile'],
    'Time of a request that was the proxy’s own, in this hour and the one before.',
  ),
  monthCostUsd: metric(
    'gauge',
    'tripmeter_month_cost_usd',
    ['line'],
    'Dollars of the calendar month by line; a gauge, because corrections lower it.',
  ),
  monthGpuSeconds: metric(
    'gauge',
    'tripmeter_month_gpu_seconds',
    [],
    'GPU time of the calendar month.',
  ),
  monthUnpriced: metric(
    'gauge',
    'tripmeter_month_unpriced_requests',
    [],
    'Requests of the calendar month without a price.',
  ),
  alertFiring: metric(
    'gauge',
    'tripmeter_alert_firing',
    ['rule', 'subject'],
    '1 while the rule is met, else 0.',
  ),
  journalAtRisk: metric(
    'gauge',
    'tripmeter_journal_entries_at_risk',
    [],
    'Entries that only memory holds.',
  ),
  journalDropped: metric(
    'counter',
    'tripmeter_journal_entries_dropped_total',
    [],
    'Entries lost: the buffer was full.',
  ),
  journalPending: metric(
    'gauge',
    'tripmeter_journal_bytes_pending',
    [],
    'Journal not yet in the ledger.',
  ),
  intakeRejected: metric(
    'gauge',
    'tripmeter_intake_rejected',
    [],
    'Records that the ledger refused and that wait in intake_rejected for a person.',
  ),
  retentionHeld: metric(
    'gauge',
    'tripmeter_retention_held_seconds',
    [],
    'By how long requests that must be kept outstay retention.requests; 0 when none must.',
  ),
  exportLag: metric(
    'gauge',
    'tripmeter_export_lag_seconds',
    ['sink'],
    'Age of the oldest item not sent.',
  ),
  exportDepth: metric('gauge', 'tripmeter_export_depth', ['sink'], 'Items not sent, at most.'),
  exportStopped: metric(
    'gauge',
    'tripmeter_export_stopped',
    ['sink'],
    '1 while the sink waits for a person to mend its key or address.',
  ),
  exportRejected: metric(
    'gauge',
    'tripmeter_export_rejected',
    ['sink'],
    'Items that the sink refused and that were set aside.',
  ),
  officeRestarts: metric(
    'counter',
    'tripmeter_office_restarts_total',
    [],
    'Times that the office’s thread died and was started anew.',
  ),
  degraded: metric('gauge', 'tripmeter_degraded', [], '1 while records are at risk.'),
} as const satisfies Record<string, MetricDefinition>;
