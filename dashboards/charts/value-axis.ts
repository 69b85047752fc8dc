import { axisY, gridY, type Markish } from '@observablehq/plot';
import { grouped } from '../../src/core/measure-text.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../src/core/units.ts';
import type { ChartFrame } from './chart.ts';
import { FAINT, MUTED } from './chart-theme.ts';

/** Horizontal lines with their values: `values` are what a person would count in. */
export function valueAxis(
  frame: ChartFrame,
  values: readonly number[],
  name: (value: number) => string,
): Markish[] {
  return [
    gridY(values, { strokeOpacity: FAINT, stroke: 'currentColor' }),
    axisY(values, {
      tickFormat: name,
      tickSize: 0,
      tickPadding: 6,
      label: null,
      fillOpacity: MUTED,
      fontSize: frame.theme.fontSize - 1,
    }),
  ];
}

/** About four round steps from 0 to `top`, of 1, 2, 2.5 or 5 times a power of ten. */
export function roundSteps(top: number): number[] {
  if (!(top > 0)) {
    return [0];
  }
  const rough = top / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  return stepsOf(step, top);
}

/** The same for a duration in microseconds, where minutes have 60 seconds. */
export function durationSteps(top: number): number[] {
  if (top < 60 * MICROS_PER_SECOND) {
    return roundSteps(top);
  }
  const unit = top < 60 * MICROS_PER_MINUTE ? MICROS_PER_SECOND : MICROS_PER_MINUTE;
  const candidates = [15, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
  const step = candidates.find((count) => (count * unit) / top >= 0.2) ?? 7_200;
  return stepsOf(step * unit, top);
}

function stepsOf(step: number, top: number): number[] {
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => index * step);
}

/** Dollars on an axis: no cents where steps are dollars. */
export function axisUsd(usd: number): string {
  if (usd >= 1_000_000) {
    return `$${grouped(usd / 1_000_000, usd % 1_000_000 === 0 ? 0 : 1)}M`;
  }
  const digits = usd === 0 || usd >= 10 || Number.isInteger(usd) ? 0 : usd >= 0.1 ? 2 : 4;
  return `$${grouped(usd, digits)}`;
}

/** `850`, `12,500`, `1.2M`. */
export function axisCount(count: number): string {
  return count >= 1_000_000
    ? `${(count / 1_000_000).toLocaleString('en-US', { maximumFractionDigits: 2 })}M`
    : count.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
