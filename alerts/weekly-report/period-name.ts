import type { ReportFacts } from './report-facts.ts';

/** `this week`, or `2026-Q3`. */
export function periodName({ kind, period }: Pick<ReportFacts, 'kind' | 'period'>): string {
  return kind === 'weekly' ? 'This week' : period.label;
}

/** Heading of a column with the period before. */
export function beforeName({ kind, before }: Pick<ReportFacts, 'kind' | 'before'>): string {
  return kind === 'weekly' ? 'Week before' : before.label;
}

/** `week`, `quarter`: within a sentence. */
export function periodNoun({ kind }: Pick<ReportFacts, 'kind'>): string {
  return kind === 'weekly' ? 'week' : 'quarter';
}
