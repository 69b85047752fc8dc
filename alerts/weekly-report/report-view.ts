import { isoInstant } from '../../src/core/measure-text.ts';
import { exactValue } from './cell.ts';
import type { Cell, Report } from './report.ts';

/**
 * The report as scripts read it: instants in ISO 8601, dollars as decimal strings, durations in seconds, and beside
 * each value the text that mail and page show.
 */
export function reportView(report: Report): object {
  const { kind, period, zone, late, verdict } = report;
  return {
    kind,
    period: period.label,
    from: isoInstant(period.start),
    to: isoInstant(period.end),
    asOf: isoInstant(report.asOf),
    generatedAt: isoInstant(report.generatedAt),
    zone,
    late,
    verdict,
    keyFigures: report.keyFigures.map(({ label, figure, note }) => ({
      label,
      ...cellView(figure),
      note,
    })),
    actions: report.actions,
    sections: report.sections.map(({ id, title, sentences, tables }) => ({
      id,
      title,
      sentences,
      tables: tables.map((table) => ({
        id: table.id,
        caption: table.caption,
        columns: table.columns,
        rows: table.rows.map((row) => row.map(cellView)),
      })),
    })),
  };
}

function cellView(cell: Cell): object {
  const { value, unit } = exactValue(cell);
  return unit === null ? { text: cell.text } : { value, unit, text: cell.text };
}
