import type { EpochMicros } from './units.ts';
import type { ZonedWindow } from './zoned-time.ts';

/**
 * What a rule found, with the evidence: the same object feeds the notice, the report, the page, the API and
 * the command line, so that they print the same figures.
 */
export interface Verdict {
  /** Rule, e.g. `trigger.scale`. */
  readonly rule: string;
  /** What the state belongs to: a month for budgets, an incident; empty for what just stands. */
  readonly period: string;
  /** Which one of several: a threshold in dollars, an endpoint, a requirement; empty for the only one. */
  readonly subject: string;
  readonly title: string;
  /** The subject line of a notice: few words and the number. */
  readonly headline: string;
  readonly state: RuleState;
  /** The figure that is compared, in `unit`. `null` when there is none to compare. */
  readonly value: number | null;
  readonly threshold: number | null;
  readonly unit: Unit;
  /** What the value covers. */
  readonly window: ZonedWindow;
  /** Zone in which the window and every date of the reason are meant. */
  readonly zone: string;
  /** Start of the present state, as far as the facts tell. */
  readonly since: EpochMicros | null;
  /** When a pending state becomes `met` if nothing changes. */
  readonly until: EpochMicros | null;
  /** One sentence with the number, the rule and the window. */
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  /** What a person should do. */
  readonly nextStep: string;
}

/**
 * - `insufficient_data`: the rule's window is not full yet
 * - `not_met`, `approaching` (at 80 % of the threshold or more)
 * - `pending`: over the threshold, not for long enough
 * - `met`; `cleared`: was met, then below 90 % for as long as it takes to be met
 * - `unknown`: the recorder or a collector the rule rests on does not work
 */
export const RULE_STATES = [
  'insufficient_data',
  'not_met',
  'approaching',
  'pending',
  'met',
  'cleared',
  'unknown',
] as const;
export type RuleState = (typeof RULE_STATES)[number];

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Base units, integers where the unit is one: they become dollars and seconds only where text is made. */
export type Unit = 'nano_usd' | 'requests' | 'us' | 'bytes' | 'count' | 'ratio';

export type Evidence =
  | {
      readonly kind: 'figure';
      readonly name: string;
      readonly value: number | null;
      readonly unit: Unit;
    }
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | {
      readonly kind: 'series';
      readonly name: string;
      readonly unit: Unit;
      readonly points: readonly { readonly at: EpochMicros; readonly value: number }[];
    };

export function figure(name: string, value: number | null, unit: Unit): Evidence {
  return { kind: 'figure', name, value, unit };
}

export function textEvidence(name: string, text: string): Evidence {
  return { kind: 'text', name, text };
}
