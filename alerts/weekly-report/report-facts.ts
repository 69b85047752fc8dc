import type { Facts, IncidentFacts } from '../../src/core/facts.ts';
import type { CostCurve } from '../../src/core/projection.ts';
import type { EpochMicros, Micros, NanoUsd } from '../../src/core/units.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import type { ZonedWindow } from '../../src/core/zoned-time.ts';
import type { Decision } from '../decision/decision.ts';
import type { ReportKind } from './report.ts';

/** Everything that a report is made from, read from roll-ups at one moment. */
export interface ReportFacts {
  readonly kind: ReportKind;
  readonly period: ZonedWindow;
  readonly before: ZonedWindow;
  readonly generatedAt: EpochMicros;
  readonly asOf: EpochMicros;
  readonly late: boolean;
  /** As of `asOf`. */
  readonly facts: Facts;
  readonly verdicts: readonly Verdict[];
  readonly decision: Decision;
  /** Modal's cost by volume, replayed; `null`: too little on record. */
  readonly measured: CostCurve | null;
  /** The same at the end of the period before; `null`: nothing was on record then. */
  readonly earlier: { readonly verdicts: readonly Verdict[]; readonly decision: Decision } | null;
  readonly spend: PeriodSpend;
  readonly spendBefore: PeriodSpend;
  readonly endpoints: readonly (MoneyLines & {
    readonly endpoint: string | null;
    readonly effectiveNano: NanoUsd;
  })[];
  readonly usage: PeriodUsage;
  readonly usageBefore: UsageTotals;
  /** That touched the period. */
  readonly incidents: readonly IncidentFacts[];
  readonly savings: Savings;
  readonly quality: QualityFacts;
}

/** Where the money went. With `residualNano` the lines sum to the effective spend. */
export interface MoneyLines {
  readonly lines: {
    readonly busyNano: NanoUsd;
    readonly failedNano: NanoUsd;
    readonly coldNano: NanoUsd;
    readonly idleNano: NanoUsd;
    readonly standingNano: NanoUsd;
    readonly tokensNano: NanoUsd;
    readonly residualNano: NanoUsd;
  };
}

export interface PeriodSpend extends MoneyLines {
  readonly effectiveNano: NanoUsd;
  readonly provisionalNano: NanoUsd;
  readonly totalNano: NanoUsd;
  readonly billedNano: NanoUsd | null;
  readonly lowNano: NanoUsd;
  readonly highNano: NanoUsd;
  readonly unpriced: number;
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

export interface Savings {
  /** Span whose requests were replayed; `null`: there were none to replay. */
  readonly replayed: { readonly from: EpochMicros; readonly to: EpochMicros } | null;
  readonly requests: number;
  readonly list: readonly Saving[];
}

export interface Saving {
  readonly endpoint: string;
  /** `scaledown_window 600 s → 120 s`. */
  readonly change: string;
  readonly asConfiguredNano: NanoUsd;
  readonly changedNano: NanoUsd;
  readonly perMonthNano: NanoUsd;
  readonly coldStartsBefore: number;
  readonly coldStartsAfter: number;
  /** `null`: unknown, and then their price is in neither side. */
  readonly coldStartUs: Micros | null;
}

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
