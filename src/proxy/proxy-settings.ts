import type { EndpointSettings } from '../core/endpoint.ts';
import type { Micros } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { JournalWriter } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';

/** Everything the proxy is given. It reads no file, no environment and no clock but these. */
export interface ProxySettings {
  readonly listen: { readonly host: string; readonly port: number };
  readonly endpoints: readonly ProxyEndpoint[];
  /** Name of the endpoint that takes every path unchanged, or `null` to route by path and host. */
  readonly singleUpstream: string | null;
  readonly clients: readonly ProxyClient[];
  /** True: a request without a known client key is refused with 401. */
  readonly requireKey: boolean;
  /** Answers from memory; the office feeds it by message. */
  readonly budget: BudgetGate;
  readonly journal: JournalWriter;
  /** `refuse`: 503 for new requests while the journal cannot be written. */
  readonly onJournalFailure: 'forward' | 'refuse';
  readonly clock: Clock;
  /** Cryptographic random bytes. */
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
  /** `x-tripmeter-request-id` and `Server-Timing` on responses. */
  readonly responseHeaders: boolean;
  readonly via: boolean;
  readonly forwarded: boolean;
  /** Lower-case header of a trusted front that names the client's country, e.g. `cf-ipcountry`. */
  readonly clientCountryHeader: string | null;
  readonly limits: ProxyLimits;
  /** How long Modal may run on after a client has left: added to the cost of an abort. */
  readonly abortGraceUs: Micros;
  /** How long a client may take to follow a 303 before its request counts as abandoned. */
  readonly redirectGraceSeconds: number;
  /** How long a graceful stop waits for running requests. */
  readonly drainSeconds: number;
}

export type BudgetGate = (client: string | null, endpoint: string) => 'allow' | 'refuse';

export interface ProxyLimits {
  readonly maxHeaderBytes: number;
  /** Time in which a client must have sent its request head. */
  readonly headersTimeoutMs: number;
  /** Time in which a client must have sent its whole request; 0 means none. */
  readonly requestTimeoutMs: number;
  /** How long an idle client connection is kept. */
  readonly keepAliveTimeoutMs: number;
  /** Open client connections; 0 means no limit. */
  readonly maxConnections: number;
  /** Bytes of bodies that are held whole at once (`signBody`, `includeUsage`, `retryCold503`); more are refused with 503. */
  readonly heldBytes: number;
}

export const DEFAULT_LIMITS: ProxyLimits = {
  maxHeaderBytes: 64 * 1024,
  headersTimeoutMs: 30_000,
  requestTimeoutMs: 0,
  keepAliveTimeoutMs: 75_000,
  maxConnections: 0,
  heldBytes: 512 * 1024 * 1024,
};

/** Who may call, and how much. */
export interface ProxyClient {
  readonly name: string;
  /** SHA-256 of the key, 64 hex digits; `null` when the client needs none. */
  readonly keySha256: string | null;
  readonly requestsPerMinute: number | null;
  readonly concurrency: number | null;
}

/** How the proxy reaches one endpoint, beside what the endpoint is. */
export interface ProxyEndpoint extends EndpointSettings, UpstreamOptions {}

export interface UpstreamOptions {
  /** Most connections to the upstream at once, WebSockets included. */
  readonly connections: number;
  /** Most requests that may wait for a connection; more are refused with 503. */
  readonly queueLimit: number;
  readonly connectTimeoutMs: number;
  /**
   * Longest wait for the response head once the whole request is sent, and before that for an upstream that
   * takes none of its body; `null` means for ever.
   */
  readonly headersTimeoutMs: number | null;
  /** Longest silence within a response that the client is ready to take; `null` means for ever. */
  readonly idleTimeoutMs: number | null;
  /**
   * Longest wait for an upstream that takes nothing of a body whose end has not come, when there is no
   * `headersTimeoutMs`: a client that leaves may stay unnoticed meanwhile.
   */
  readonly uploadStallMs: number;
  /** How long an idle upstream connection is kept, unless the upstream asks for less. */
  readonly keepAliveMs: number;
  /** PEM of a private certificate authority. Verification itself cannot be turned off. */
  readonly tlsCa: string | null;
  /** Sent as `Modal-Key` and `Modal-Secret` unless the client sends its own. */
  readonly injectModalAuth: { readonly key: string; readonly secret: string } | null;
  /** HMAC-SHA256 of the raw body as `X-Signature`. Holds the body until it is complete. */
  readonly signBody: { readonly key: Uint8Array } | null;
  /** Asks streams for usage and hides the extra chunk from clients that did not. Changes the body. */
  readonly includeUsage: boolean;
  /** Answers CORS preflights here: a proxy-auth endpoint refuses them. */
  readonly answerCors: boolean;
  /** Repeats a request that a `modal.direct` server without a container answered with 503. */
  readonly retryCold503: { readonly attempts: number; readonly delayMs: number } | null;
  /** Follows Modal's 303 here: for clients that follow few redirects or none. */
  readonly follow303: boolean;
  /** Key of the response digest for the repeatable share; `null` computes none. */
  readonly digestKey: Uint8Array | null;
}

export const DEFAULT_UPSTREAM: UpstreamOptions = {
  connections: 1_024,
  queueLimit: 1_024,
  connectTimeoutMs: 10_000,
  headersTimeoutMs: null,
  idleTimeoutMs: null,
  uploadStallMs: 600_000,
  keepAliveMs: 4_000,
  tlsCa: null,
  injectModalAuth: null,
  signBody: null,
  includeUsage: false,
  answerCors: false,
  retryCold503: null,
  follow303: false,
  digestKey: null,
};
