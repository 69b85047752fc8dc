import type { JournalHealth } from '../ports/journal.ts';
import type { ProxyStats } from '../proxy/proxy-stats.ts';

/** What the proxy's thread tells the office. */
export type ToOffice =
  /** Once a second. */
  | { readonly type: 'report'; readonly report: ProxyReport }
  /** The proxy has stopped and the journal is closed: take the rest in, then end. */
  | { readonly type: 'stop' };

export interface ProxyReport {
  readonly stats: ProxyStats;
  readonly journal: JournalHealth;
}

/** What the office tells the proxy's thread. */
export type FromOffice =
  | { readonly type: 'ready'; readonly adminUrl: string }
  | { readonly type: 'failed'; readonly message: string; readonly code: string | null }
  | { readonly type: 'stopped' };
