import type {
  CountersTable,
  DirtyPoolsTable,
  JournalOffsetsTable,
  NamesTable,
  OpenRequestsTable,
  RequestKindsTable,
  RequestsTable,
  RollupHoursTable,
} from './tables/requests.ts';

/** Every table of the ledger, for Kysely. Each table's columns are described where it is declared. */
export interface Database {
  names: NamesTable;
  requests: RequestsTable;
  request_kinds: RequestKindsTable;
  open_requests: OpenRequestsTable;
  journal_offsets: JournalOffsetsTable;
  counters: CountersTable;
  dirty_pools: DirtyPoolsTable;
  rollup_hours: RollupHoursTable;
}
