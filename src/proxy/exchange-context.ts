import type { ClosedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { JournalWriter } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';

/** What every request of one proxy shares. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly journal: JournalWriter;
  readonly onJournalFailure: 'forward' | 'refuse';
  readonly log: Log;
  readonly responseHeaders: boolean;
  readonly abortGraceUs: Micros;
  /** True while a graceful stop waits: connections close after their response. */
  readonly draining: () => boolean;
  /** The record is written and the client has been answered as far as it can be. */
  readonly onEnded: (closed: ClosedRequest) => void;
}
