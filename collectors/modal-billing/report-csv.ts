import { CsvError, parse } from 'csv-parse/sync';
import { columnName, type FileProblem, type RawRow } from './raw-row.ts';

/** Splits the CSV of `modal billing report --csv` into rows; quoting after RFC 4180, a BOM is skipped. */
export function rowsOfCsv(text: string): RawRow[] | FileProblem {
  try {
    const records: unknown[] = parse(text, {
      bom: true,
      columns: (header: string[]) => header.map(columnName),
      info: true,
      skip_empty_lines: true,
      trim: true,
    });
    return records.map(rawRow);
  } catch (error) {
    if (!(error instanceof CsvError)) {
      throw error;
    }
    const line = typeof error.lines === 'number' ? error.lines : 1;
    return { line, message: `not a CSV file of one width: ${error.message}` };
  }
}

/** With `info`, each record comes as `{info, record}`. */
function rawRow(record: unknown): RawRow {
  const { info, record: fields } = record as {
    info: { lines: number };
    record: Record<string, string>;
  };
  return { line: info.lines, fields };
}
