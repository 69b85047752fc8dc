import type { EpochMicros, Micros, NanoUsd } from './units.ts';
import type { ZonedWindow } from './zoned-time.ts';

/** Where the money went. The lines sum to `effectiveNano`. */
export interface SpendLines {
  /** Containers working on requests that succeeded. */
  readonly busyNano: NanoUsd;
  /** Containers working on requests that failed. */
  readonly failedNano: NanoUsd;
  readonly coldNano: NanoUsd;
  readonly idleNano: NanoUsd;
  /** Idle time of `minContainers`. */
  readonly standingNano: NanoUsd;
  /** Shared endpoints, billed by tokens. */
  readonly tokensNano: NanoUsd;
  /** Billed beyond the model: negative when the model said more than was billed. */
  readonly residualNano: NanoUsd;
}

export interface UsageTotals {
  readonly requests: number;
  readonly successes: number;
  readonly p50Us: Micros | null;
  readonly p95Us: Micros | null;
  readonly firstTokenP50Us: Micros | null;
}

export interface UsageGroup extends UsageTotals {
  readonly endpoint: string;
  /** `null`: requests that name none. */
  readonly operation: string | null;
}

/** What was used in a period. Latency is that of requests that succeeded: a refusal is fast and no answer. */
export interface PeriodUsage extends UsageTotals {
  readonly byEndpoint: readonly UsageGroup[];
  readonly byOperation: readonly UsageGroup[];
  readonly byOutcome: readonly { readonly outcome: string; readonly requests: number }[];
  /** Latency of each day of the period and of the one before. */
  readonly days: readonly {
    readonly day: ZonedWindow;
    readonly p50Us: Micros | null;
    readonly p95Us: Micros | null;
  }[];
}

/** How far the figures of a period can be trusted. */
export interface QualityFacts {
  /** Until when every pool is settled; `null`: settlement has not run. */
  readonly settledUntil: EpochMicros | null;
  /** Requests of the period whose cost is not final. */
  readonly unsettledRequests: number;
  /** Hours of the period with spend, and of those covered by the bill. */
  readonly spendHours: number;
  readonly billedHours: number;
  /** Newest hour that the bill covers; `null`: no bill is known. */
  readonly billedUntil: EpochMicros | null;
  /** Requests whose end was lost in a crash. */
  readonly crashRecovered: number;
  /** Corrections of settled hours within the period. */
  readonly corrections: { readonly count: number; readonly nano: NanoUsd };
  /** Spans in which alerts were not evaluated: the service was down. */
  readonly gaps: readonly { readonly from: EpochMicros; readonly to: EpochMicros }[];
}
