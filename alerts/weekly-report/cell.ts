import { measureText } from '../../src/core/measure-text.ts';
import { MICROS_PER_SECOND, usdString } from '../../src/core/units.ts';
import type { Unit } from '../../src/core/verdict.ts';
import type { Cell } from './report.ts';

/** A figure as a cell: its text is made from its value, here and nowhere else. */
export function figureCell(value: number | null, unit: Unit): Cell {
  if (value === null || !Number.isFinite(value)) return { text: '–', value: null, unit };
  return { text: measureText(value, unit), value, unit };
}

export function textCell(text: string): Cell {
  return { text };
}

/** By how much a figure changed: `+12.5 %`, `±0 %`, `new`. */
export function changeCell(now: number | null, before: number | null): Cell {
  if (now === null || before === null) return { text: '–', value: null, unit: 'ratio' };
  if (now === before) return { text: '±0 %', value: 0, unit: 'ratio' };
  if (before === 0) return { text: 'new', value: null, unit: 'ratio' };
  const value = (now - before) / Math.abs(before);
  const sign = value > 0 ? '+' : '';
  return { text: `${sign}${measureText(value, 'ratio')}`, value, unit: 'ratio' };
}

/** A cell's value as scripts read it: dollars as decimal string, durations in seconds. */
export function exactValue(cell: Cell): {
  readonly value: number | string | null;
  readonly unit: string | null;
} {
  if (!('unit' in cell)) return { value: null, unit: null };
  const { value, unit } = cell;
  if (unit === 'nano_usd') {
    return { value: value === null ? null : usdString(Math.round(value)), unit: 'usd' };
  }
  if (unit === 'us')
    return { value: value === null ? null : value / MICROS_PER_SECOND, unit: 'seconds' };
  return { value, unit };
}
