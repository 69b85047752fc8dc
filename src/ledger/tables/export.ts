import type { CostState } from '../../core/outcome.ts';
import type { ExportStream } from '../../ports/export-source.ts';

/** How far each sink has got in each stream: nothing up to `position` is sent again. */
export interface ExportCursorsTable {
  sink: string;
  stream: ExportStream;
  position: number;
  /** When the cursor last moved. */
  advanced_at: number;
}

/** Items that a sink refused for good, one at a time. They stay for a person to look at. */
export interface ExportRejectedTable {
  sink: string;
  stream: ExportStream;
  position: number;
  subject: string;
  reason: string;
  rejected_at: number;
}

/**
 * Changes of final costs, written by settlement and reconciliation in their own transactions and deleted
 * once every sink has them. `seq` is the order of the changes; it only grows.
 */
export interface CostChangesTable {
  seq: number;
  /** `requests.seq`. */
  request_seq: number;
  cost_state: CostState;
  total_nano: number;
  /** The final total before; `null` when this is the first. */
  previous_nano: number | null;
  changed_at: number;
}

/** Evaluations of rules that are told to sinks. `payload` is an `AlertEvent`. */
export interface AlertEventsTable {
  seq: number;
  at: number;
  /** 0/1: a rule began to fire. */
  began: number;
  payload: string;
}
