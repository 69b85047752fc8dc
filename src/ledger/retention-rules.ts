import type { Database } from './database.ts';

/** Rows older than a setting go; a table without one is kept, and says why. */
export type RetentionRule<Table extends keyof Database> =
  | {
      /** Instant of a row, in microseconds: it must be indexed. */
      readonly olderBy: keyof Database[Table] & string;
      /** The single column that names a row. */
      readonly key: keyof Database[Table] & string;
      /** Key under `retention` in the configuration. */
      readonly setting: 'requests';
    }
  | { readonly kept: string };

/** Every table of the ledger: a table without a rule does not compile, so none grows unnoticed. */
export const RETENTION_RULES: { readonly [Table in keyof Database]: RetentionRule<Table> } = {
  requests: { olderBy: 'started_at', key: 'seq', setting: 'requests' },
  names: { kept: 'a few bytes a name, and roll-ups refer to them for ever' },
  request_kinds: { kept: 'a few hundred rows' },
  open_requests: { kept: 'emptied by intake' },
  journal_offsets: { kept: 'a row a journal' },
  counters: { kept: 'a row a counter' },
  dirty_pools: { kept: 'emptied by settlement' },
  rollup_hours: { kept: 'the history that reports and triggers read' },
};
