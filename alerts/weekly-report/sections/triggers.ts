import type { Verdict } from '../../../src/core/verdict.ts';
import { wallClockText } from '../../../src/core/zoned-time.ts';
import { figureCell, textCell } from '../cell.ts';
import { beforeName } from '../period-name.ts';
import type { Cell, Section } from '../report.ts';
import type { ReportFacts } from '../report-facts.ts';
import { STATE_WORDS } from '../state-words.ts';

/** The migration triggers: where each one stands, stood, and when it would be reached. */
export function triggersSection(given: ReportFacts): Section {
  const triggers = triggersOf(given.verdicts);
  const met = triggers.filter(({ state }) => state === 'met').length;
  return {
    id: 'triggers',
    title: 'Migration triggers',
    sentences: [
      `${met} of ${triggers.length} triggers are met.`,
      ...triggers.map(({ title, reason }) => `${title}: ${reason}`),
    ],
    chart: 'triggers',
    tables: [
      {
        id: 'triggers',
        caption: 'Migration triggers: value, threshold and the value before',
        columns: ['Trigger', 'State', 'Value', 'Threshold', beforeName(given)],
        rows: triggers.map((verdict) => rowOf(verdict, given)),
      },
    ],
  };
}

export function triggersOf(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.filter(({ rule }) => rule.startsWith('trigger.'));
}

function rowOf(verdict: Verdict, { earlier, facts }: ReportFacts): Cell[] {
  const before = earlier?.verdicts.find(({ rule }) => rule === verdict.rule);
  return [
    textCell(verdict.title),
    textCell([STATE_WORDS[verdict.state], ...expectedOn(verdict, facts.zone)].join(', ')),
    plain(verdict.value, verdict.unit),
    plain(verdict.threshold, verdict.unit),
    plain(before?.value ?? null, verdict.unit),
  ];
}

/** The row says what is counted. */
function plain(value: number | null, unit: Verdict['unit']): Cell {
  return figureCell(value, unit === 'requests' ? 'count' : unit);
}

/** When the threshold is reached if it goes on like this. */
function expectedOn(verdict: Verdict, zone: string): string[] {
  if (verdict.state === 'met') return [];
  if (verdict.until !== null) return [`met ${wallClockText(verdict.until, zone).slice(0, 10)}`];
  const text = verdict.evidence.find(
    (one) => one.kind === 'text' && one.name === 'Reaches the threshold on',
  );
  return text?.kind === 'text'
    ? [/^\d/.test(text.text) ? `at this pace ${text.text}` : text.text]
    : [];
}
