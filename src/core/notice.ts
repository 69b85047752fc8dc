import type { EpochMicros } from './units.ts';
import type { Severity, Verdict } from './verdict.ts';

/**
 * One thing to tell, decided once. (rule, period, subject, kind) and the channel are its key: a second notice
 * of the same key cannot exist.
 */
export interface Notice {
  readonly rule: string;
  /** Month, day or incident that it belongs to. */
  readonly period: string;
  /** Threshold, endpoint or requirement; empty for the only one. */
  readonly subject: string;
  /** `crossed`, `forecast`, `met`, `cleared`, … */
  readonly kind: string;
  readonly severity: Severity;
  readonly at: EpochMicros;
  /** What is different from the last evaluation. */
  readonly changed: string;
  /** Lower thresholds that this notice stands for as well. */
  readonly covers: readonly string[];
  /** After this it is old news, and a silence that held it back drops it. */
  readonly expiresAt: EpochMicros | null;
  readonly verdict: Verdict;
}

/** `budget.crossed/2026-11/1000/crossed`: the same on every instance and at every attempt. */
export function noticeKey(notice: Pick<Notice, 'rule' | 'period' | 'subject' | 'kind'>): string {
  return [notice.rule, notice.period, notice.subject, notice.kind].map(encodePart).join('/');
}

function encodePart(text: string): string {
  return encodeURIComponent(text);
}
