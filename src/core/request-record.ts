import type { Attribution, CostState, Diagnosis, ErrorClass, Outcome, Paid } from './outcome.ts';
import type { EpochMicros, Micros, NanoUsd } from './units.ts';

/**
 * What the proxy knows when a request is about to go upstream. Written to the journal before it does.
 * Instants are UTC; every `…Us` is a duration in microseconds; unknown is `null`, never 0.
 */
export interface OpenedRequest {
  /** UUIDv7, also the primary key in the ledger. */
  readonly id: string;
  /** Name of the endpoint in the configuration. */
  readonly endpoint: string;
  /** Container pool: the query string of a parametrised class, else `null`. */
  readonly pool: string | null;
  /** From `x-tripmeter-operation`. */
  readonly operation: string | null;
  /** Name of the authenticated client, else from `x-tripmeter-client`. */
  readonly client: string | null;
  /** From `x-tripmeter-group`; `null` means the trace id. */
  readonly group: string | null;
  /** From `x-tripmeter-tag-*`. */
  readonly tags: Readonly<Record<string, string>> | null;
  readonly method: string;
  /** Path below the endpoint, without query values. */
  readonly path: string;
  readonly startedAt: EpochMicros;
  /** 32 hex digits. See `ids.ts`: equal to the id's digits when the proxy started the trace. */
  readonly traceId: string;
  /** 16 hex digits of the caller's span, `null` when the proxy started the trace. */
  readonly parentSpanId: string | null;
  /** ISO 3166-1 alpha-2, from the header of a trusted front. */
  readonly clientCountry: string | null;
}

/** What the upstream says of itself: untrusted, capped by the proxy's own clock. */
export interface UpstreamClaims {
  readonly functionCallId: string | null;
  readonly containerId: string | null;
  readonly containerRegion: string | null;
  readonly containerCloud: string | null;
  /** True when this request came with the container's start. */
  readonly coldStart: boolean | null;
  /** Container process start to ready. */
  readonly readyDelayUs: Micros | null;
  /** Age of the container process when the request entered it. */
  readonly containerAgeUs: Micros | null;
  /** Requests that the container had seen before this one. */
  readonly containerRequestsBefore: number | null;
  /** Requests in flight in the container at entry, this one included. */
  readonly containerInFlight: number | null;
  /** Time the request waited before a container took it. */
  readonly queueUs: Micros | null;
  /** Time the container worked on it: `generation_time_ms`, vLLM metrics or the handler's duration. */
  readonly generationUs: Micros | null;
}

/** Token counts and what else the response body says. */
export interface Usage {
  readonly model: string | null;
  readonly tokensIn: number | null;
  readonly tokensOut: number | null;
  readonly tokensCached: number | null;
  readonly tokensReasoning: number | null;
  readonly finishReason: string | null;
}

/**
 * A finished request: self-contained, so that intake needs no look-up. Offsets count from `startedAt`
 * on the monotonic clock.
 */
export interface ClosedRequest extends OpenedRequest, UpstreamClaims, Usage {
  readonly outcome: Outcome;
  readonly status: number | null;
  readonly errorClass: ErrorClass | null;
  readonly paid: Paid;
  readonly diagnosis: Diagnosis | null;
  /** When the request was handed to an upstream connection. */
  readonly sentUs: Micros | null;
  /** First byte of the response head. */
  readonly firstByteUs: Micros | null;
  /** First content token of a stream. */
  readonly firstTokenUs: Micros | null;
  /** Last byte from the upstream. */
  readonly lastByteUs: Micros | null;
  /** When the upstream is known to have stopped working on it, if later than the client's end. */
  readonly upstreamEndUs: Micros | null;
  /** Start to the client's end. */
  readonly durationUs: Micros;
  /** Time that waited for neither client nor upstream: the proxy's own. */
  readonly overheadUs: Micros;
  /**
   * Share of the pool's busy time, by the proxy's own concurrency: the provisional `exec`.
   * `null` when nothing ran upstream.
   */
  readonly execEstimateUs: Micros | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly chunks: number;
  readonly streamed: boolean;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  /** Keyed hash of the response body, 16 hex digits, for the repeatable share. */
  readonly digest: string | null;
  /** 1 + followed 303 hops. */
  readonly legs: number;
  readonly retries: number;
}

/** The money of one request, in nano-dollars; `null` while unknown. */
export interface RequestCost {
  readonly costState: CostState;
  readonly attribution: Attribution;
  readonly priceId: string | null;
  /** `exec` × GPU count, in GPU-microseconds. */
  readonly gpuUs: Micros | null;
  readonly execNano: NanoUsd | null;
  readonly overheadNano: NanoUsd | null;
  readonly totalNano: NanoUsd | null;
  readonly lowNano: NanoUsd | null;
  readonly highNano: NanoUsd | null;
}

/** A row of the ledger. */
export interface LedgerRequest extends ClosedRequest, RequestCost {}
