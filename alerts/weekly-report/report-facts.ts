import type { Facts, IncidentFacts } from '../../src/core/facts.ts';
import type {
  PeriodUsage,
  QualityFacts,
  SpendLines,
  UsageTotals,
} from '../../src/core/period-facts.ts';
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

export interface MoneyLines {
  readonly lines: SpendLines;
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
