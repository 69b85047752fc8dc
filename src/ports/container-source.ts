import type { EpochMicros, Micros } from '../core/units.ts';

/** What Modal's API says of one container. */
export interface ContainerReport {
  readonly containerId: string;
  /**
   * `running`: it has not ended; ask again. `unknown`: Modal does not know it, or not any more, or what it says
   * cannot be.
   */
  readonly state: 'running' | 'ended' | 'unknown';
  readonly appId: string;
  /** The GPU it ran on, which may be a better one than the one that is billed; '' when not said. */
  readonly gpu: string;
  readonly gpuCount: number | null;
  /** Modal's word for how it ended, e.g. `success`, `terminated`; `null` while it has not. */
  readonly result: string | null;
  readonly enqueuedAt: EpochMicros | null;
  /** It could take requests from here on. */
  readonly readyAt: EpochMicros | null;
  readonly endedAt: EpochMicros | null;
}

/** One function call and the container that it ran on. */
export interface CallReport {
  readonly functionCallId: string;
  readonly enqueuedAt: EpochMicros;
  /** `null`: it waits. */
  readonly ran: {
    readonly containerId: string;
    readonly from: EpochMicros;
    /** `null` when not said. */
    readonly us: Micros | null;
    /** The container's start-up time; `null` when not said. */
    readonly bootUs: Micros | null;
  } | null;
  /** Nothing of it will change. */
  readonly final: boolean;
}

/** Calls of `[from, to)`, complete. */
export interface CallPage {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly calls: readonly CallReport[];
}

/**
 * Facts about containers, asked for over the network. A failure rejects with an error that has `code` and
 * `retryable`, and takes back nothing that came before.
 */
export interface ContainerSource {
  /** One after the other, at a pace that leaves the workspace's rate limit to others. */
  containers(
    ids: readonly string[],
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<ContainerReport>;
  /** The function that a call belongs to; `null`: the call is not known, or not any more. */
  functionOf(
    functionCallId: string,
    options: { readonly signal: AbortSignal },
  ): Promise<string | null>;
  /** Calls of a function that were enqueued in `[from, to)`, oldest first. */
  calls(options: {
    readonly functionId: string;
    readonly from: EpochMicros;
    readonly to: EpochMicros;
    readonly signal: AbortSignal;
  }): AsyncIterable<CallPage>;
}
