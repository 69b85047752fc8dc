import Table from 'cli-table3';
import type { CliContext } from './cli-context.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Longer cells are cut on a terminal. */
  readonly max?: number;
  /** Left out where the terminal is too narrow, the last such column first. */
  readonly optional?: boolean;
}

const GAP = 2;

/**
 * Rows in columns: without lines and cut to the width on a terminal, whole and plain in a pipe.
 * @param rows Cells in the order of `columns`.
 */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  context: Pick<CliContext, 'isTTY' | 'columns' | 'env'>,
): string {
  const clean = rows.map((row) => row.map(printable));
  if (!context.isTTY) return plainText(columns, clean);
  const whole = columns.map((column, index) => widthOf(column, index, clean));
  const kept = keptColumns(columns, whole, context.columns);
  const table = new Table({
    head: kept.map((index) => columns[index]?.title ?? ''),
    chars: NO_LINES,
    colWidths: kept.map((index) => (whole[index] ?? 0) + GAP),
    colAligns: kept.map((index) => columns[index]?.align ?? 'left'),
    style: {
      'padding-left': 0,
      'padding-right': GAP,
      head: context.env.NO_COLOR ? [] : ['bold'],
      border: [],
      compact: true,
    },
  });
  for (const row of clean) table.push(kept.map((index) => row[index] ?? ''));
  return `${withoutTrailingBlanks(table.toString())}\n`;
}

/** Names come from request headers: a terminal must not take a part of one for a command. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, '\u{fffd}');
}

function plainText(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  const text = lines.map((line) =>
    line
      .map((cell, index) =>
        columns[index]?.align === 'right'
          ? cell.padStart(widths[index] ?? 0)
          : cell.padEnd(widths[index] ?? 0),
      )
      .join(' '.repeat(GAP)),
  );
  return `${withoutTrailingBlanks(text.join('\n'))}\n`;
}

function widthOf(column: Column, index: number, rows: readonly (readonly string[])[]): number {
  let widest = column.title.length;
  for (const row of rows) widest = Math.max(widest, row[index]?.length ?? 0);
  return Math.min(widest, Math.max(column.max ?? Number.MAX_SAFE_INTEGER, column.title.length));
}

function keptColumns(
  columns: readonly Column[],
  widths: readonly number[],
  available: number,
): number[] {
  const kept = columns.map((_, index) => index);
  const needed = () => kept.reduce((sum, index) => sum + (widths[index] ?? 0) + GAP, -GAP);
  while (needed() > available) {
    const last = kept.findLast((index) => columns[index]?.optional);
    if (last === undefined) break;
    kept.splice(kept.indexOf(last), 1);
  }
  return kept;
}

function withoutTrailingBlanks(text: string): string {
  return text.replaceAll(/ +(?=\n|$)/g, '');
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
} as const;
