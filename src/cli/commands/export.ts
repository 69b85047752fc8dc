import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Option } from 'commander';
import type { LedgerRequest } from '../../core/request-record.ts';
import {
  REQUEST_COLUMNS,
  type RequestView,
  requestCells,
  requestView,
} from '../../core/request-view.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { type ExportFilter, exportRequests } from '../../ledger/queries/export.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, EXIT, messageOf, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../format.ts';
import { withReader } from '../open-reader.ts';
import { parseInstant } from '../parse-instant.ts';

type TextFormat = 'jsonl' | 'csv';

interface ExportOptions {
  readonly format: TextFormat | 'parquet';
  readonly out?: string;
  readonly since?: string;
  readonly until?: string;
  readonly endpoint?: string;
  readonly json?: true;
}

/** Every finished request, as JSON lines, CSV or Parquet. */
export const exportCommand: CliCommand<ExportOptions> = {
  name: 'export',
  summary: 'write every finished request as JSON lines, CSV or Parquet',
  setUp: (command) =>
    command
      .addOption(
        new Option('--format <FORMAT>', 'jsonl, csv, parquet')
          .choices(['jsonl', 'csv', 'parquet'])
          .default('jsonl'),
      )
      .option('--out <FILE>', 'default: standard output; parquet needs a file')
      .option('--since <TIME>', 'started at or after: 7d, 2026-11-24')
      .option('--until <TIME>', 'started before')
      .option('--endpoint <NAME>', 'of one endpoint')
      .option(
        '--json',
        'the file and how many requests are in it, as one JSON object; needs --out',
      ),
  run: async (invocation) => {
    const { options, context } = invocation;
    const { format, out, since, until, endpoint } = options;
    if (format === 'parquet' && out === undefined) {
      throw usageError('--format parquet is not text; name a file with --out');
    }
    if (options.json && out === undefined) {
      throw usageError(
        '--json tells of a file; name one with --out, or leave --json out: --format jsonl prints requests as JSON',
      );
    }
    return withReader(invocation, async ({ ledger, config }) => {
      const at = { now: context.clock.now(), zone: config.timezone };
      const filter = {
        endpoint,
        since: parseInstant(since, '--since', at),
        until: parseInstant(until, '--until', at),
      };
      const counter = { rows: 0 };
      const requests = countedRequests(ledger, filter, counter);
      if (out === undefined) {
        const whole = await writeToOutput(textPieces(requests, format as TextFormat), context);
        // Whoever stopped it knows, be it the user or a reader such as `head`.
        if (!whole) return EXIT.failed;
      } else {
        const pieces = await piecesOf(requests, format);
        const file = resolve(context.workingDir, out);
        await writeToFile(pieces, file, context.signal);
        if (options.json) {
          context.stdout(`${JSON.stringify({ file, format, requests: counter.rows })}\n`);
          return EXIT.done;
        }
      }
      context.stderr(`${counted(counter.rows, 'request')} exported\n`);
      return EXIT.done;
    });
  },
};

const PIECE_ROWS = 500;

async function* countedRequests(
  { db }: Ledger,
  filter: ExportFilter,
  counter: { rows: number },
): AsyncGenerator<LedgerRequest> {
  for await (const { request } of exportRequests(db, filter)) {
    counter.rows += 1;
    yield request;
  }
}

async function piecesOf(
  requests: AsyncIterable<LedgerRequest>,
  format: ExportOptions['format'],
): Promise<AsyncIterable<string | Uint8Array>> {
  if (format !== 'parquet') return textPieces(requests, format);
  const { parquetPieces } = await import('../../ledger/parquet-pieces.ts');
  return parquetPieces(requests);
}

async function* textPieces(
  requests: AsyncIterable<LedgerRequest>,
  format: TextFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(REQUEST_COLUMNS);
  let piece: string[] = [];
  for await (const request of requests) {
    piece.push(lineOf(requestView(request), format));
    if (piece.length < PIECE_ROWS) continue;
    yield piece.join('');
    piece = [];
  }
  yield piece.join('');
}

function lineOf(view: RequestView, format: TextFormat): string {
  return format === 'csv' ? csvLine(requestCells(view)) : `${JSON.stringify(view)}\n`;
}

/** RFC 4180, with the line ends of Unix. */
function csvLine(cells: readonly (string | number | boolean | null)[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}

/** Names come from request headers: a spreadsheet must not take one for a formula. */
function csvCell(cell: string | number | boolean | null): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) && !/^-?\d/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @returns false when it was stopped before the end. */
async function writeToOutput(pieces: AsyncIterable<string>, context: CliContext): Promise<boolean> {
  for await (const piece of pieces) {
    if (piece !== '') context.stdout(piece);
    await context.drained?.();
    if (context.signal.aborted) return false;
  }
  return true;
}

/**
 * A file that is there is whole: it gets its name when its last line is written. What is no regular file (a pipe, a
 * device) is written to as it is, and never replaced.
 */
async function writeToFile(
  pieces: AsyncIterable<string | Uint8Array>,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const there = await stat(file).catch(() => null);
  const direct = there !== null && !there.isFile();
  // Where a link leads is what gets the lines, and the link stays.
  const target = there === null ? file : await realpath(file);
  const written = direct ? target : `${target}.partial`;
  try {
    await pipeline(pieces, createWriteStream(written, { mode: 0o600, flush: !direct }), { signal });
    if (!direct) await rename(written, target);
  } catch (error) {
    if (!direct) await rm(written, { force: true });
    const why = signal.aborted ? 'stopped before the end' : messageOf(error);
    throw new CliError(`${file} is not written: ${why}; make room or name another with --out`, {
      cause: error,
    });
  }
}
