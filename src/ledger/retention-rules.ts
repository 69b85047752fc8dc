import { MICROS_PER_DAY, type Micros } from '../core/units.ts';
import type { Database } from './database.ts';

/** Rows older than a setting go; a table without one is kept, and says why. */
export type RetentionRule<Table extends keyof Database> =
  | {
      /** Instant of a row, in microseconds: indexed, where the table is large. */
      readonly olderBy: keyof Database[Table] & string;
      /** The columns that name a row. */
      readonly key: readonly (keyof Database[Table] & string)[];
      /** Tables whose rows have the same key and go with it. */
      readonly with?: readonly (keyof Database & string)[];
      /** Key under `retention` in the configuration. */
      readonly setting: 'requests';
      /** Kept this long, whatever the setting. */
      readonly atLeastUs?: Micros;
    }
  | { readonly kept: string };

/** Every table of the ledger: a table without a rule does not compile, so none grows unnoticed. */
export const RETENTION_RULES: { readonly [Table in keyof Database]: RetentionRule<Table> } = {
  requests: {
    olderBy: 'started_at',
    key: ['seq'],
    with: ['request_costs'],
    setting: 'requests',
  },
  request_costs: { kept: 'each goes with its request' },
  names: { kept: 'a few bytes a name, and roll-ups refer to them for ever' },
  request_kinds: { kept: 'a few hundred rows' },
  open_requests: { kept: 'emptied by intake' },
  journal_offsets: { kept: 'a row a journal' },
  intake_rejected: { kept: 'waits for a person; each is logged' },
  counters: { kept: 'a row a counter' },
  dirty_pools: { kept: 'emptied by settlement' },
  export_cursors: { kept: 'a row a sink and stream' },
  export_rejected: { kept: 'waits for a person; ten in a row stop the sink' },
  cost_changes: { kept: 'emptied once every sink has it' },
  alert_events: { kept: 'emptied once every sink has it' },
  rollup_hours: { kept: 'the history that reports and triggers read' },
  container_sessions: { kept: 'a row a container: what was paid, and why' },
  session_hours: { kept: 'spend is summed from it when an hour changes' },
  pool_hours: { kept: 'a row a pool and hour' },
  spend_hours: { kept: 'the spend that alerts and reports read' },
  cost_hours: { kept: 'cost by operation and client' },
  settlement_pools: { kept: 'a row a pool' },
  settlement_checkpoints: { kept: 'thinned out by settlement' },
  endpoint_settings: { kept: 'a row a change of configuration' },
  cost_corrections: { kept: 'the record of what changed afterwards' },
  billing_rows: { kept: 'the bill' },
  billing_windows: { kept: 'a row a pull, merged' },
  reconciliations: { kept: 'a row an app and hour' },
  telemetry_containers: { kept: 'a row a container' },
  telemetry_counters: { kept: 'a few rows a container' },
  container_lifetimes: { kept: 'a row a container' },
  call_facts: { olderBy: 'started_at', key: ['request_seq'], setting: 'requests' },
  call_sources: { kept: 'a row a function' },
  price_observations: { kept: 'a row a change of price' },
  alert_states: { kept: 'a row a rule' },
  notices: { kept: 'the record of what was told to whom' },
  notice_attempts: { kept: 'a few rows a notice' },
  silences: { kept: 'a row a silence' },
  incidents: { kept: 'a row an incident' },
  // One a minute for some jobs; the quarterly ones still find their last run.
  job_runs: {
    olderBy: 'slot',
    key: ['job', 'slot'],
    setting: 'requests',
    atLeastUs: 100 * MICROS_PER_DAY,
  },
  leases: { kept: 'a row a lease' },
  evidence_hours: { kept: 'a row an endpoint and hour' },
  latency_hours: { kept: 'a row an endpoint and hour' },
  checkpoints: { kept: 'a row a quarter' },
  reports: { kept: 'a row a week: what people read' },
};
