/** A line of a billing file before anything in it is believed. */
export interface RawRow {
  /** Line of the file, from 1. */
  readonly line: number;
  /** By column, lower case with underscores: `object_id`, `interval_start`, … */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One thing wrong with a file. */
export interface FileProblem {
  readonly line: number;
  readonly message: string;
}

/** `Object ID` (CSV) and `object_id` (JSON) are the same column. */
export function columnName(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}
