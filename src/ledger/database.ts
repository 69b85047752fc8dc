import type {
  JournalOffsetsTable,
  NamesTable,
  OpenRequestsTable,
  RequestsTable,
  RollupHoursTable,
} from './tables/requests.ts';

/** Every table of the ledger, for Kysely. Each table's columns are described where it is declared. */
export interface Database {
  names: NamesTable;
  requests: RequestsTable;
  open_requests: OpenRequestsTable;
  journal_offsets: JournalOffsetsTable;
  rollup_hours: RollupHoursTable;
}
