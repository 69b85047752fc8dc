import type { BillingRow } from '../../src/core/billing-row.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type Micros,
} from '../../src/core/units.ts';
import { CollectorError } from '../collector-error.ts';
import { type BillingResolution, intervalOf } from './pull-windows.ts';
import type { FileProblem, RawRow } from './raw-row.ts';
import { rowsOfCsv } from './report-csv.ts';
import { rowsOfJson } from './report-json.ts';
import { readRow, type UntimedRow } from './report-row.ts';

/** What a file of `modal billing report` says. Its rows replace those with the same key, and no others. */
export interface BillingFile {
  readonly rows: readonly BillingRow[];
  readonly intervalUs: Micros;
  /** False when the file leaves hour or day open (only midnights, days apart) and day was assumed. */
  readonly intervalCertain: boolean;
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

const MAX_PROBLEMS_SHOWN = 10;

/**
 * Reads the CSV or JSON that Modal's CLI writes, with or without resources and tags, by hour or by day.
 * One bad row refuses the file: a bill imported in part would look like a cheaper month.
 * @param options.resolution what `-r` was, when the file itself cannot tell.
 * @throws CollectorError `bad_data`, naming `file:line` of every problem (ten at most).
 */
export function parseBillingFile(
  text: string,
  options: { readonly fileName: string; readonly resolution?: BillingResolution },
): BillingFile {
  const { fileName } = options;
  const raw = looksLikeJson(text) ? rowsOfJson(text) : rowsOfCsv(text);
  if (!Array.isArray(raw)) {
    throw refused(fileName, [raw]);
  }
  if (raw.length === 0) {
    throw refused(fileName, [{ line: 1, message: 'no rows: the report is empty' }]);
  }
  const problems: FileProblem[] = [];
  const rows = readRows(raw, problems);
  if (problems.length > 0) {
    throw refused(fileName, problems);
  }
  const told = options.resolution ?? (raw.some(hasOffset) ? 'h' : undefined);
  const { intervalUs, certain } = intervalOfRows(rows, told);
  const starts = rows.map((row) => row.intervalStart);
  const off = rows.findIndex((row) => row.intervalStart % intervalUs !== 0);
  if (off !== -1) {
    throw refused(fileName, [misaligned(raw[off]?.line ?? 1, intervalUs)]);
  }
  return {
    rows: rows.map((row) => ({ ...row, intervalUs })),
    intervalUs,
    intervalCertain: certain,
    from: starts.reduce((a, b) => Math.min(a, b)),
    to: starts.reduce((a, b) => Math.max(a, b)) + intervalUs,
  };
}

function looksLikeJson(text: string): boolean {
  return /^\uFEFF?\s*[[{]/.test(text);
}

/** Reads and de-duplicates: a row repeated word for word counts once, one that contradicts is a problem. */
function readRows(raw: readonly RawRow[], problems: FileProblem[]): UntimedRow[] {
  const seen = new Map<string, { line: number; row: UntimedRow }>();
  for (const { line, fields } of raw) {
    const row = readRow(fields);
    if (Array.isArray(row)) {
      problems.push(...row.map((message) => ({ line, message })));
      continue;
    }
    const key = JSON.stringify([row.objectId, row.environment, row.intervalStart, row.resource]);
    const earlier = seen.get(key);
    if (earlier === undefined) {
      seen.set(key, { line, row });
    } else if (earlier.row.costNano !== row.costNano) {
      const message = `the same object, interval and resource as line ${earlier.line}, with another cost`;
      problems.push({ line, message });
    }
  }
  return [...seen.values()].map(({ row }) => row);
}

/** `--tz` writes offsets, and the CLI takes it with hours only. */
function hasOffset({ fields }: RawRow): boolean {
  return /:\d{2}[+-]\d{2}:?\d{2}$/.test(String(fields.interval_start));
}

/** The file does not say `-r h` or `-r d`: only its instants do. */
function intervalOfRows(
  rows: readonly UntimedRow[],
  told: BillingResolution | undefined,
): { intervalUs: Micros; certain: boolean } {
  if (told !== undefined) {
    return { intervalUs: intervalOf(told), certain: true };
  }
  if (rows.some((row) => row.intervalStart % MICROS_PER_DAY !== 0)) {
    return { intervalUs: MICROS_PER_HOUR, certain: true };
  }
  // Two midnights of one object in a row are days, unless an App ran for two single hours at midnight.
  const days = new Set(rows.map((row) => row.intervalStart));
  return { intervalUs: MICROS_PER_DAY, certain: days.size > 1 };
}

function misaligned(line: number, intervalUs: Micros): FileProblem {
  const unit = intervalUs === MICROS_PER_HOUR ? 'hour' : 'day';
  const message = `Interval Start is not the start of a UTC ${unit}`;
  return { line, message };
}

function refused(fileName: string, problems: readonly FileProblem[]): CollectorError {
  const shown = problems
    .slice(0, MAX_PROBLEMS_SHOWN)
    .map(({ line, message }) => `${fileName}:${line}: ${message}`);
  const more = problems.length - shown.length;
  const lines = more > 0 ? [...shown, `and ${more} more`] : shown;
  return new CollectorError(
    'bad_data',
    `${lines.join('\n')}\nNothing was imported. Write the file again with ` +
      '`modal billing report --start … --json > report.json`, or correct these lines.',
  );
}
