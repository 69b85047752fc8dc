import type { Action, Report, ReportTable, Section } from './report.ts';
import { footnoteOf, headingOf, headnoteOf } from './report-heading.ts';

const WIDTH = 78;
const GAP = '  ';

export const ACTION_WORDS: Readonly<Record<Action['kind'], string>> = {
  alarm: 'Alarm',
  change: 'Change',
  look: 'Note',
};

/** The report as plain text, 78 columns wide: the same figures as the HTML. */
export function reportText(report: Report): string {
  const note = headnoteOf(report);
  const lines = [
    headingOf(report),
    ...(note === null ? [] : wrapped(note)),
    '',
    report.verdict.title,
    report.verdict.line,
    '',
    ...report.keyFigures.map(
      ({ label, figure, note: beneath }) => `${`${label}:`.padEnd(22)}${figure.text}  (${beneath})`,
    ),
    ...(report.actions.length === 0 ? [] : ['']),
    ...report.actions.flatMap(({ kind, text }) => wrapped(`${ACTION_WORDS[kind]}: ${text}`, '  ')),
    '',
    ...report.verdict.why.flatMap((reason) => wrapped(`- ${reason}`, '  ')),
    ...report.sections.flatMap(sectionLines),
    '',
    ...wrapped(footnoteOf(report)),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function sectionLines({ title, sentences, tables }: Section): string[] {
  return [
    '',
    title.toUpperCase(),
    '-'.repeat(Math.min(WIDTH, title.length)),
    ...sentences.flatMap((sentence) => wrapped(sentence)),
    ...tables.filter(({ rows }) => rows.length > 0).flatMap((table) => ['', ...tableLines(table)]),
  ];
}

function tableLines({ caption, columns, rows }: ReportTable): string[] {
  const texts = rows.map((row) => row.map(({ text }) => text));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...texts.map((row) => [...(row[index] ?? '')].length)),
  );
  const total = widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const isText = rows[0]?.map((cell) => !('unit' in cell)) ?? [];
  if (total > WIDTH) return [`${caption}:`, ...texts.flatMap((row) => blockLines(columns, row))];
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - [...cell].length));
        return index === 0 || isText[index] === true ? cell + space : space + cell;
      })
      .join(GAP);
  return [`${caption}:`, line(columns), ...texts.map(line)];
}

/** Too wide for columns: the row's name, and beneath it a line for each cell. */
function blockLines(columns: readonly string[], row: readonly string[]): string[] {
  const [name = '', ...cells] = row;
  return [
    ...wrapped(`* ${name}`, '  '),
    ...cells.flatMap((cell, index) => wrapped(`  ${columns[index + 1] ?? ''}: ${cell}`, '    ')),
  ];
}

/** Lines of at most 78 columns; a word that is longer stays whole. */
function wrapped(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  return [...lines, line];
}
