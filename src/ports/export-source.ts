import type { AlertEvent } from '../core/alert-event.ts';
import type { CostState } from '../core/outcome.ts';
import type { LedgerRequest } from '../core/request-record.ts';
import type { EpochMicros, NanoUsd } from '../core/units.ts';

/**
 * What leaves the ledger, each in an order of its own in which positions only grow:
 *
 * - `requests`: closed requests, in the order of intake
 * - `costs`: changes of final costs, in the order of settlement
 * - `alerts`: evaluations of rules
 * - `markers`: the evaluations at which a rule began to fire
 */
export type ExportStream = 'requests' | 'costs' | 'alerts' | 'markers';

export type ExportItem = RequestItem | CostItem | AlertItem;

export interface RequestItem {
  readonly kind: 'request';
  readonly position: number;
  readonly request: LedgerRequest;
}

export interface CostItem {
  readonly kind: 'cost';
  readonly position: number;
  readonly change: CostChange;
  readonly request: LedgerRequest;
}

export interface AlertItem {
  readonly kind: 'alert';
  readonly position: number;
  readonly event: AlertEvent;
}

/** A request's final cost became known, or became another one. */
export interface CostChange {
  readonly state: CostState;
  readonly totalNano: NanoUsd;
  /** The final total before this change; `null`: this is the first. */
  readonly previousNano: NanoUsd | null;
}

/** The ledger as an exporter sees it. Every method rejects when the store cannot be reached. */
export interface ExportSource {
  /**
   * Where the sink stands in a stream. A sink seen for the first time starts before the first item of
   * `since` or later, and that start is stored.
   */
  position(place: ExportPlace, since: EpochMicros): Promise<number>;
  /**
   * Up to `limit` places behind a position: the items there, ascending, and how far was read, which
   * passes over places whose request retention has deleted.
   */
  read(stream: ExportStream, after: number, limit: number): Promise<ExportPage>;
  /** Moves the cursor. What lies before `position` is never sent to the sink again. */
  advance(place: ExportPlace, position: number, at: EpochMicros): Promise<void>;
  /** Moves the cursor past one item and remembers it as refused, in one transaction. */
  setAside(place: ExportPlace, refused: RefusedItem): Promise<void>;
  /** How much lies behind a position, and since when its oldest item has been there to send. */
  pending(stream: ExportStream, after: number): Promise<ExportBacklog>;
  /** Items of the sink that were set aside. */
  refusedCount(sink: string): Promise<number>;
}

export interface ExportPlace {
  readonly sink: string;
  readonly stream: ExportStream;
}

export interface ExportPage {
  readonly items: readonly ExportItem[];
  /** `after` when there is nothing more. */
  readonly readTo: number;
}

export interface RefusedItem {
  readonly position: number;
  /** Id of the request, or what else names the item. */
  readonly subject: string;
  readonly reason: string;
  readonly at: EpochMicros;
}

export interface ExportBacklog {
  readonly depth: number;
  readonly oldestAt: EpochMicros | null;
}
