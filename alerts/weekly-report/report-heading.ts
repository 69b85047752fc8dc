import { wallClockText } from '../../src/core/zoned-time.ts';
import type { Report } from './report.ts';

/** `Week 2026-W47, 2026-11-16 to 2026-11-22`. */
export function headingOf({ kind, period, zone, asOf }: Report): string {
  const day = (at: number) => wallClockText(at, zone).slice(0, 10);
  const name = kind === 'weekly' ? 'Week' : 'Checkpoint';
  return `${name} ${period.label}, ${day(period.start)} to ${day(Math.min(period.end - 1, asOf))}`;
}

/** What a reader must know before the figures: `null` when there is nothing. */
export function headnoteOf({ late, period, zone, asOf, kind }: Report): string | null {
  if (late) return 'Late: the service was down when this report was due.';
  if (asOf >= period.end - 1) return null;
  const noun = kind === 'weekly' ? 'week' : 'quarter';
  return `The ${noun} is not over: figures up to ${wallClockText(asOf, zone)} ${zone}.`;
}

/** `STAY ON MODAL · $412.80 this week · 1 of 5 triggers met`. */
export function subjectOf(report: Report): string {
  const { verdict, keyFigures, period, kind, late } = report;
  const spent = keyFigures[0]?.figure.text ?? '';
  const noun = kind === 'weekly' ? 'this week' : 'this quarter';
  const mark = late ? '[late] ' : '';
  return `${mark}[tripmeter] ${period.label}: ${verdict.title}, ${spent} ${noun}, ${verdict.triggersMet} of ${verdict.triggers} triggers met`;
}

export function footnoteOf({ zone, generatedAt }: Report): string {
  return `Days and weeks are those of ${zone}. Made by tripmeter on ${wallClockText(generatedAt, zone)}. Every figure is also in the attached CSV files.`;
}
