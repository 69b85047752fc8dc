import type {
  AlertStatesTable,
  CheckpointsTable,
  EvidenceHoursTable,
  IncidentsTable,
  JobRunsTable,
  LatencyHoursTable,
  LeasesTable,
  NoticeAttemptsTable,
  NoticesTable,
  SilencesTable,
} from './tables/alerts.ts';
import type {
  CallFactsTable,
  CallSourcesTable,
  ContainerLifetimesTable,
} from './tables/containers.ts';
import type {
  BillingRowsTable,
  BillingWindowsTable,
  ContainerSessionsTable,
  CostCorrectionsTable,
  CostHoursTable,
  EndpointSettingsTable,
  PoolHoursTable,
  PriceObservationsTable,
  ReconciliationsTable,
  RequestCostsTable,
  SessionHoursTable,
  SettlementCheckpointsTable,
  SettlementPoolsTable,
  SpendHoursTable,
} from './tables/cost.ts';
import type {
  AlertEventsTable,
  CostChangesTable,
  ExportCursorsTable,
  ExportRejectedTable,
} from './tables/export.ts';
import type { ReportsTable } from './tables/reports.ts';
import type {
  CountersTable,
  DirtyPoolsTable,
  IntakeRejectedTable,
  JournalOffsetsTable,
  NamesTable,
  OpenRequestsTable,
  RequestKindsTable,
  RequestsTable,
  RollupHoursTable,
} from './tables/requests.ts';
import type { TelemetryContainersTable, TelemetryCountersTable } from './tables/telemetry.ts';

/** Every table of the ledger, for Kysely. Each table's columns are described where it is declared. */
export interface Database {
  names: NamesTable;
  requests: RequestsTable;
  request_costs: RequestCostsTable;
  request_kinds: RequestKindsTable;
  open_requests: OpenRequestsTable;
  journal_offsets: JournalOffsetsTable;
  counters: CountersTable;
  intake_rejected: IntakeRejectedTable;
  dirty_pools: DirtyPoolsTable;
  rollup_hours: RollupHoursTable;
  export_cursors: ExportCursorsTable;
  export_rejected: ExportRejectedTable;
  cost_changes: CostChangesTable;
  alert_events: AlertEventsTable;
  container_sessions: ContainerSessionsTable;
  session_hours: SessionHoursTable;
  pool_hours: PoolHoursTable;
  spend_hours: SpendHoursTable;
  cost_hours: CostHoursTable;
  settlement_pools: SettlementPoolsTable;
  settlement_checkpoints: SettlementCheckpointsTable;
  endpoint_settings: EndpointSettingsTable;
  cost_corrections: CostCorrectionsTable;
  billing_rows: BillingRowsTable;
  billing_windows: BillingWindowsTable;
  reconciliations: ReconciliationsTable;
  price_observations: PriceObservationsTable;
  telemetry_containers: TelemetryContainersTable;
  telemetry_counters: TelemetryCountersTable;
  container_lifetimes: ContainerLifetimesTable;
  call_facts: CallFactsTable;
  call_sources: CallSourcesTable;
  alert_states: AlertStatesTable;
  notices: NoticesTable;
  notice_attempts: NoticeAttemptsTable;
  silences: SilencesTable;
  incidents: IncidentsTable;
  job_runs: JobRunsTable;
  leases: LeasesTable;
  evidence_hours: EvidenceHoursTable;
  latency_hours: LatencyHoursTable;
  checkpoints: CheckpointsTable;
  reports: ReportsTable;
}
