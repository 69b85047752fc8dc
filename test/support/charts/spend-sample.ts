import type { SpendChartData } from '../../../dashboards/charts/spend-chart.ts';
import { MICROS_PER_DAY, NANO_PER_USD } from '../../../src/core/units.ts';
import { daysBetween, monthWindow, weekdayOf } from '../../../src/core/zoned-time.ts';

/** A November that has spent so much a day up to `now`, quiet at weekends. */
export function spendSample(
  options: { dailyUsd?: number; now?: string; zone?: string; forecast?: boolean } = {},
): SpendChartData {
  const {
    dailyUsd = 62,
    now: text = '2026-11-19T15:00:00Z',
    zone = 'UTC',
    forecast = true,
  } = options;
  const now = Date.parse(text) * 1_000;
  const month = monthWindow(now, zone);
  const nanoOf = (start: number) => {
    const weekend = weekdayOf(start + MICROS_PER_DAY / 2, zone) > 5;
    return Math.round((weekend ? 0.35 : 1.1) * dailyUsd * NANO_PER_USD);
  };
  let sum = 0;
  const spent = daysBetween(month.start, now, zone).map((day) => {
    const end = Math.min(day.end, now);
    sum += Math.round((nanoOf(day.start) * (end - day.start)) / (day.end - day.start));
    return { at: end, nano: sum };
  });
  const ahead = daysBetween(now, month.end, zone).map((day) => ({
    day,
    weekday: weekdayOf(day.start, zone),
    nano: nanoOf(day.start),
  }));
  const rest = ahead.reduce((total, day) => total + day.nano, 0);
  return {
    zone,
    month,
    now,
    spent,
    forecast: forecast
      ? {
          nano: sum + rest,
          lowNano: Math.round(sum + rest * 0.75),
          highNano: Math.round(sum + rest * 1.3),
          ahead,
        }
      : null,
    thresholdsNano: [500, 1_000, 2_000].map((usd) => usd * NANO_PER_USD),
  };
}
