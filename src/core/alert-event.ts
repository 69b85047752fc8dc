import type { EpochMicros, NanoUsd } from './units.ts';
import type { RuleState, Unit, Verdict } from './verdict.ts';

/** One evaluation of one rule, as observability backends are told of it. */
export interface AlertEvent {
  readonly at: EpochMicros;
  readonly rule: string;
  readonly subject: string;
  readonly period: string;
  readonly title: string;
  readonly state: RuleState;
  readonly firing: boolean;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly unit: Unit;
  readonly reason: string;
  /** Spend of the calendar month when the rule was evaluated. */
  readonly monthNano: NanoUsd | null;
  /** The rule began to fire with this evaluation: worth a line across every chart. */
  readonly began: boolean;
}

/** `previous`: the rule's state at the evaluation before; `null` when there was none. */
export function alertEventOf(
  verdict: Verdict,
  context: {
    readonly at: EpochMicros;
    readonly previous: RuleState | null;
    readonly monthNano: NanoUsd | null;
  },
): AlertEvent {
  const firing = verdict.state === 'met';
  return {
    at: context.at,
    rule: verdict.rule,
    subject: verdict.subject,
    period: verdict.period,
    title: verdict.title,
    state: verdict.state,
    firing,
    value: verdict.value,
    threshold: verdict.threshold,
    unit: verdict.unit,
    reason: verdict.reason,
    monthNano: context.monthNano,
    began: firing && context.previous !== 'met',
  };
}
