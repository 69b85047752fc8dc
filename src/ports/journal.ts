import type { ClosedRequest, OpenedRequest } from '../core/request-record.ts';
import type { EpochMicros, Micros } from '../core/units.ts';

/**
 * The journal's entries, in the order in which the proxy wrote them.
 *
 * - `boot`: first entry of every proxy process. Whatever an earlier instance left open, and not parked,
 *   ended with that process.
 * - `opened`: before the request goes upstream.
 * - `parked`: a leg ended in Modal's 303; the request goes on when the client follows. Repeated at the
 *   head of each new segment while it lasts, so the newest segment alone is enough to resume it.
 * - `closed`: before the client can see the response's end.
 * - `alive`: once a second while requests are open; bounds the moment of a crash.
 */
export type JournalEntry =
  | { readonly type: 'boot'; readonly instance: string; readonly at: EpochMicros }
  | { readonly type: 'opened'; readonly request: OpenedRequest }
  | { readonly type: 'parked'; readonly parked: ParkedRequest }
  | ClosedEntry
  | { readonly type: 'alive'; readonly at: EpochMicros };

export interface ClosedEntry {
  readonly type: 'closed';
  readonly request: ClosedRequest;
  /** It was refused at the door: no `opened` came before. */
  readonly unopened?: true;
}

/** A logical request between two legs of a 303 chain. */
export interface ParkedRequest {
  readonly request: OpenedRequest;
  readonly functionCallId: string;
  readonly legs: number;
  /** When the last leg ended: offset from `startedAt`. */
  readonly parkedAtUs: Micros;
  readonly sentUs: Micros | null;
  readonly overheadUs: Micros;
  readonly execEstimateUs: Micros | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Write side, on the proxy's thread. */
export interface JournalWriter {
  /**
   * Queues an entry for this event-loop turn's single write. `written` runs after the write has
   * returned; with an error when it failed and the entry waits in memory (`onFailure: forward`) or was
   * refused (`onFailure: refuse`).
   */
  append(entry: JournalEntry, written?: (error: Error | null) => void): void;
  health(): JournalHealth;
  /** Requests that an earlier process parked and that may still come back. */
  readonly resumed: readonly ParkedRequest[];
  /** Writes what is queued and closes the segment. */
  close(): void;
}

export interface JournalHealth {
  readonly ok: boolean;
  /** Entries that only memory holds: what a crash now would lose. */
  readonly entriesAtRisk: number;
  /** Entries dropped because the bounded buffer was full. */
  readonly entriesDropped: number;
  readonly lastError: string | null;
  readonly segment: number;
  readonly bytesWritten: number;
}
