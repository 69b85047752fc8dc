import type { HourFacts } from './facts.ts';
import type { EpochMicros } from './units.ts';

/** Sums of one hourly figure over any window, in the time of two look-ups. */
export interface HourSeries {
  /** Over the hours that start in `[from, to)`. */
  sum(from: EpochMicros, to: EpochMicros): number;
}

export function hourSeries(
  hours: readonly HourFacts[],
  pick: (hour: HourFacts) => number,
): HourSeries {
  const totals = new Float64Array(hours.length + 1);
  hours.forEach((hour, index) => {
    totals[index + 1] = (totals[index] as number) + pick(hour);
  });
  const before = (at: EpochMicros) => totals[firstAtOrAfter(hours, at)] as number;
  return { sum: (from, to) => (from < to ? before(to) - before(from) : 0) };
}

/** Index of the first hour that starts at `at` or later. */
function firstAtOrAfter(hours: readonly HourFacts[], at: EpochMicros): number {
  let low = 0;
  let high = hours.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hours[middle] as HourFacts).hour < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
