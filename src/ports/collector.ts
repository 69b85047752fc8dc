import type { BillingBatch } from '../core/billing-row.ts';
import type { ClosedRequest } from '../core/request-record.ts';
import type { EpochMicros, PicoUsdPerSecond } from '../core/units.ts';

/** Modal's bill, asked for over the network. */
export interface BillingSource {
  /**
   * From the last complete pull (`null`: none yet) up to `now`, the last 48 hours always again. Each batch is
   * complete: store it, replacing what its window held, before asking for the next. A failure rejects with an
   * error that has `code` and `retryable`, and takes back no earlier batch.
   */
  pull(options: {
    readonly now: EpochMicros;
    readonly completeUntil: EpochMicros | null;
    readonly signal: AbortSignal;
  }): AsyncIterable<BillingBatch>;
}

/** The workspace's own price of one unit of a resource: a GPU, a physical core, a GiB of memory. */
export interface PriceObservation {
  readonly resource: 'gpu' | 'cpu' | 'memory';
  /** As a Modal decorator requests it, e.g. `A100-80GB`; `null` for CPU and memory. */
  readonly gpu: string | null;
  /** Dollars per hour, the decimal string as it came: the exact figure. */
  readonly usdPerHour: string;
  /** The same ÷ 3600, rounded half up to the pico-dollar. */
  readonly picoUsdPerSecond: PicoUsdPerSecond;
  /** The instant at which the price was seen. It holds from here; nothing says since when it did. */
  readonly effectiveFrom: EpochMicros;
  /** Where the price came from, e.g. `modal-rates:gpu_hour_cost_h100`. */
  readonly source: string;
}

/** All prices that one look showed. */
export interface PriceList {
  readonly prices: readonly PriceObservation[];
  /** Keys that no rule knows, e.g. storage or a new GPU's odd spelling: shown, never guessed. */
  readonly unrecognised: readonly string[];
  /** What the source says about itself, e.g. deprecation notices. */
  readonly warnings: readonly string[];
}

export interface PriceSource {
  read(options: { readonly now: EpochMicros; readonly signal: AbortSignal }): Promise<PriceList>;
}

/**
 * What Modal's pushed telemetry says about containers. `at` is the data point's own instant. Durations are
 * microseconds, counts are totals as pushed.
 */
export interface ContainerFact {
  readonly kind: ContainerFactKind;
  readonly at: EpochMicros;
  /** Start of the interval that a sum or histogram covers; `null` for a gauge, or when not said. */
  readonly since: EpochMicros | null;
  /** `cumulative`: `value` and `count` run on from one fact to the next; subtract them. */
  readonly temporality: 'gauge' | 'delta' | 'cumulative';
  readonly containerId: string | null;
  readonly appId: string | null;
  readonly appName: string | null;
  readonly functionId: string | null;
  readonly functionName: string | null;
  readonly environment: string | null;
  /** Sum of the values; of `…_us` facts in microseconds, of the others a count. */
  readonly value: number;
  /** How many values the sum covers: 1 for a gauge. */
  readonly count: number;
}

export type ContainerFactKind =
  | 'containers_running'
  | 'execution_us'
  | 'queue_us'
  | 'cold_start_us'
  | 'inputs_succeeded'
  | 'inputs_total'
  | 'inputs_pending'
  | 'inputs_running';

/** One entry of a history file: a finished request, or why it is not one. */
export type HistoryItem =
  | { readonly type: 'request'; readonly request: ClosedRequest }
  /** `line` counts from 1; `null` when the format has no lines, and the message says where. */
  | { readonly type: 'problem'; readonly line: number | null; readonly message: string };

/** Reads requests that something else recorded. */
export interface HistoryReader {
  /** Whether the format says which endpoint a request went to; else the names are the reader's own. */
  readonly namesEndpoints: boolean;
  /**
   * Yields in file order, in bounded memory. Ids are stable: reading the same file again gives the same
   * ids, so that a second import changes nothing.
   */
  read(input: HistoryInput): AsyncIterable<HistoryItem>;
}

export interface HistoryInput {
  /** The file's bytes as they come. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Zone of clock times that name none, where the format allows such. */
  readonly zone: string;
}
