import type { Sample } from '../../src/core/sustained.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import { type Evidence, figure, textEvidence } from '../../src/core/verdict.ts';
import { wallClockText } from '../../src/core/zoned-time.ts';

const TREND_US = 14 * MICROS_PER_DAY;
/** Further out than this a straight line is no projection. */
const HORIZON_DAYS = 730;

/** How the figure moved in two weeks, and when it would reach the threshold if it went on so. */
export function trendEvidence(
  samples: readonly Sample[],
  threshold: number,
  zone: string,
): Evidence[] {
  const last = samples.at(-1);
  const first = last && samples.find(({ at }) => at >= last.at - TREND_US);
  if (last === undefined || first === undefined || first.at === last.at) return [];
  const days = (last.at - first.at) / MICROS_PER_DAY;
  const perDay = (last.value - first.value) / days;
  const change = first.value === 0 ? null : (last.value - first.value) / first.value;
  const projected = figure(`Change over ${Math.round(days)} days`, change, 'ratio');
  if (last.value > threshold || perDay <= 0) return [projected];
  const left = (threshold - last.value) / perDay;
  const text =
    left > HORIZON_DAYS
      ? 'not within two years'
      : wallClockText(Math.round(last.at + left * MICROS_PER_DAY), zone).slice(0, 10);
  return [projected, textEvidence('Reaches the threshold on', text)];
}
