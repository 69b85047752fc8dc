import { hourSeries } from '../../src/core/hour-series.ts';
import type { EpochMicros } from '../../src/core/units.ts';
import { daysBetween } from '../../src/core/zoned-time.ts';
import type { DailyRow } from './report.ts';
import type { ReportFacts } from './report-facts.ts';

/** The days of the period that have begun, also those on which nothing happened. */
export function dailyRows(given: ReportFacts): DailyRow[] {
  return rowsOfDays(given, given.period.start);
}

/** The same from another start, for charts that look back further. */
export function rowsOfDays(given: ReportFacts, from: EpochMicros): DailyRow[] {
  const { facts, period, asOf, usage } = given;
  const sums = (
    [
      ...(['requests', 'successes', 'bytesOut', 'spendNano'] as const),
      ...(['busyNano', 'coldNano', 'idleNano'] as const),
    ] as const
  ).map((name) => [name, hourSeries(facts.hours, (hour) => hour[name])] as const);
  const latency = new Map(usage.days.map((one) => [one.day.label, one]));
  return daysBetween(from, Math.min(period.end, asOf + 1), facts.zone).map((day) => {
    const figures = Object.fromEntries(
      sums.map(([name, series]) => [name, series.sum(day.start, day.end)]),
    ) as Record<(typeof sums)[number][0], number>;
    const own = latency.get(day.label);
    return {
      label: day.label,
      day,
      ...figures,
      p50Us: own?.p50Us ?? null,
      p95Us: own?.p95Us ?? null,
    };
  });
}
