import type { Decision } from '../../alerts/decision/decision.ts';
import type { Verdict } from '../core/verdict.ts';
import type { Health } from './health.ts';

/** The object behind `tripmeter status`, `/api/v1/status` and the page. Amounts are decimal strings. */
export interface Status {
  readonly generatedAt: string;
  readonly spend: {
    readonly month: string;
    readonly zone: string;
    /** Billed or modelled, and what is not settled yet. */
    readonly usd: string;
    readonly provisionalUsd: string;
    readonly forecastUsd: string | null;
    readonly forecastLow: string | null;
    readonly forecastHigh: string | null;
    readonly unpricedRequests: number;
    /** `busyUsd`, `failedUsd`, `coldUsd`, `idleUsd`, `standingUsd`, `tokensUsd`, `residualUsd`. */
    readonly lines: Readonly<Record<string, string>>;
    readonly gpuSeconds: number;
  };
  readonly alerts: readonly VerdictView[];
  readonly triggers: readonly VerdictView[];
  readonly emergencies: readonly VerdictView[];
  readonly decision: {
    readonly recommendation: Decision['recommendation'];
    readonly reasons: readonly string[];
    readonly goNoGo: Decision['goNoGo'];
    readonly maturityLevel: number;
  };
  readonly export: readonly {
    readonly sink: string;
    readonly lagSeconds: number | null;
    readonly depth: number | null;
    /** Items that the sink refused and that were set aside. */
    readonly rejected: number | null;
    /** Why the sink waits for a person; `null` while it does not. */
    readonly stopped: string | null;
    readonly lastError: string | null;
  }[];
  readonly journal: {
    readonly segments: number | null;
    /** Requests that intake has yet to take in, reckoned from their bytes; 0 is exact. */
    readonly rowsPending: number | null;
    readonly bytesPending: number | null;
  };
  readonly records: {
    /** Set aside in `intake_rejected`, because the ledger refuses what they hold: they wait for a person. */
    readonly rejected: number;
    /** Start of the oldest request that outstays `retention.requests`, and why it must; `null` when none must, or when
     * asked beside the running service. */
    readonly heldSince: string | null;
    readonly heldBecause: string | null;
  };
  /** `null` when the proxy runs elsewhere, or when asked beside the running service. */
  readonly proxy: {
    /** Open connections of clients. */
    readonly clientConnections: number;
    /** Turned away since the proxy started, because `proxy.maxConnections` were open. */
    readonly refusedConnections: number;
  } | null;
  /** `null` when asked beside the running service, which alone knows it. */
  readonly health: Health | null;
}

/** A verdict as scripts read it. Dollars as decimal strings, durations in seconds. */
export interface VerdictView {
  readonly id: string;
  readonly subject: string;
  readonly period: string;
  readonly state: Verdict['state'];
  readonly value: number | string | null;
  readonly threshold: number | string | null;
  readonly unit: string;
  readonly since: string | null;
  readonly until: string | null;
  readonly reason: string;
  readonly evidence: Verdict['evidence'];
  readonly nextStep: string;
}
