import type { Micros } from '../core/units.ts';
import type { ExportItem, ExportStream } from '../ports/export-source.ts';
import type { Delivery } from './delivery.ts';

/** A place that items are told to. Each stream of each sink has its own cursor and its own pace. */
export interface Sink {
  /** Names the cursors: renaming a sink starts it anew. */
  readonly name: string;
  readonly lanes: readonly SinkLane[];
  /** A sink seen for the first time starts with what is at most this old. */
  readonly backfillUs: Micros;
}

export interface SinkLane {
  readonly stream: ExportStream;
  /** Most items a request. */
  readonly batchItems: number;
  /** Sends the items once. Never rejects: what goes wrong is a `Delivery`. */
  deliver(items: readonly ExportItem[], sending: Sending): Promise<Delivery>;
}

export interface Sending {
  /** From 1; above 1 the same items may have arrived before. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}
