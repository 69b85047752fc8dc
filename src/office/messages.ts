import type { JournalHealth } from '../ports/journal.ts';
import type { ProxyStats } from '../proxy/proxy-stats.ts';

/** What the proxy's thread tells the office. */
export type ToOffice =
  /** Once a second. */
  | { readonly type: 'report'; readonly report: ProxyReport }
  /** The admin port is free now: listen there. */
  | { readonly type: 'listen' }
  /** The proxy has stopped and the journal is closed: take the rest in, then end. */
  | { readonly type: 'stop' };

export interface ProxyReport {
  readonly stats: ProxyStats;
  readonly journal: JournalHealth;
  /** Of this office's thread; absent when it has none. */
  readonly restarts?: OfficeRestarts;
}

export interface OfficeRestarts {
  /** Since the process started. */
  readonly count: number;
  /** What the thread died of last, or why it could not start. */
  readonly lastError: string | null;
}

/** What the office tells the proxy's thread. */
export type FromOffice =
  /** The ledger is open. It waits for `listen`, since another answers at the admin port until then. */
  | { readonly type: 'opened' }
  /** Its admin port answers. */
  | { readonly type: 'ready' }
  | {
      readonly type: 'failed';
      readonly message: string;
      readonly code: string | null;
      /** It was asked to end and ends by itself; else it could not start. */
      readonly stopped: boolean;
    };
