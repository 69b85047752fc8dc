import { usdString } from '../../src/core/units.ts';
import { exactValue } from './cell.ts';
import type { DailyRow, Report } from './report.ts';

/**
 * Every figure and every sentence of the report, a line each: where it stands, its exact value, and how the other
 * parts show it.
 */
export function reportCsv(report: Report): string {
  const { verdict } = report;
  const rows: (string | number | null)[][] = [
    ['section', 'table', 'row', 'column', 'value', 'unit', 'shown'],
    ['verdict', '', '', '', null, null, verdict.title],
    ['verdict', '', '', '', null, null, verdict.line],
    ...report.keyFigures.map(({ label, figure, note }) => {
      const { value, unit } = exactValue(figure);
      return ['key figures', '', label, note, value, unit, figure.text];
    }),
    ...report.actions.map(({ kind, text }) => ['actions', '', kind, '', null, null, text]),
    ...verdict.why.map((text) => ['verdict', '', 'why', '', null, null, text]),
    ...report.sections.flatMap(({ id, sentences, tables }) => [
      ...sentences.map((text) => [id, '', '', '', null, null, text]),
      ...tables.flatMap((table) =>
        table.rows.flatMap((row) =>
          row.map((cell, index) => {
            const { value, unit } = exactValue(cell);
            const name = row[0]?.text ?? '';
            return [id, table.id, name, table.columns[index] ?? '', value, unit, cell.text];
          }),
        ),
      ),
    ]),
  ];
  return csvText(rows);
}

/** The period's daily figures, one line a day, for a spreadsheet. */
export function dailyCsv(days: readonly DailyRow[]): string {
  return csvText([
    [
      ...['day', 'requests', 'succeeded', 'failed', 'bytes_out', 'spent_usd'],
      ...['busy_usd', 'cold_usd', 'idle_usd', 'p50_seconds', 'p95_seconds'],
    ],
    ...days.map((day) => [
      day.label,
      ...[day.requests, day.successes, day.requests - day.successes, day.bytesOut],
      ...[day.spendNano, day.busyNano, day.coldNano, day.idleNano].map(usdString),
      ...[day.p50Us, day.p95Us].map((us) => (us === null ? null : us / 1e6)),
    ]),
  ]);
}

/** RFC 4180, with CRLF. */
function csvText(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** A name that a spreadsheet would take for a formula is shown with an apostrophe, as text. */
function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const isFormula = /^[=+\-@\t\r]/.test(value) && !/^[+-]?[\d$.,]+( %)?$/.test(value);
  const plain = isFormula ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
