import {
  type DaySpend,
  type ForecastInput,
  forecastMonth,
  linearForecast,
  median,
} from './forecast.ts';
import { monthWindow } from './zoned-time.ts';

/** How far off forecasts were that were made at the start of a day of the month. Errors are shares: 0.1 is 10 %. */
export interface BacktestRow {
  /** Days of the month that had passed. */
  readonly dayOfMonth: number;
  readonly months: number;
  readonly medianError: number;
  /** Error of spend ÷ elapsed × length; `null` on the first of the month, where it says nothing. */
  readonly medianLinearError: number | null;
  /** Share of months that ended inside the band; it is meant to be 0.8. */
  readonly inBand: number;
}

/** Forecasts every whole month in the history from each of its days, and compares with its end. */
export function backtestForecast(days: readonly DaySpend[], zone: string): BacktestRow[] {
  const trials = new Map<number, Trial[]>();
  for (const month of wholeMonths(days, zone)) {
    for (let passed = 0; passed < month.days.length; passed += 1) {
      const trial = tryForecast(days, month, { passed, zone });
      if (trial === null) continue;
      trials.set(passed, [...(trials.get(passed) ?? []), trial]);
    }
  }
  return [...trials].sort(([a], [b]) => a - b).map(([passed, list]) => rowOf(passed, list));
}

interface Trial {
  readonly error: number;
  readonly linearError: number;
  readonly inBand: boolean;
}

interface Month {
  /** Index of its first day in the history. */
  readonly first: number;
  readonly days: readonly DaySpend[];
  readonly nano: number;
}

function wholeMonths(days: readonly DaySpend[], zone: string): Month[] {
  const months: Month[] = [];
  let first = 0;
  while (first < days.length) {
    const window = monthWindow((days[first] as DaySpend).day.start, zone);
    let next = first;
    while (next < days.length && (days[next] as DaySpend).day.start < window.end) next += 1;
    const own = days.slice(first, next);
    const whole = own[0]?.day.start === window.start && own.at(-1)?.day.end === window.end;
    const nano = own.reduce((sum, day) => sum + day.nano, 0);
    if (whole && nano > 0) months.push({ first, days: own, nano });
    first = next;
  }
  return months;
}

function tryForecast(
  days: readonly DaySpend[],
  month: Month,
  { passed, zone }: { readonly passed: number; readonly zone: string },
): Trial | null {
  const input: ForecastInput = {
    now: (month.days[passed] as DaySpend).day.start,
    zone,
    days: days.slice(0, month.first + passed),
    monthNano: month.days.slice(0, passed).reduce((sum, day) => sum + day.nano, 0),
  };
  const forecast = forecastMonth(input);
  if (forecast === null) return null;
  const error = (nano: number) => Math.abs(nano - month.nano) / month.nano;
  return {
    error: error(forecast.nano),
    linearError: error(linearForecast(input)),
    inBand: forecast.lowNano <= month.nano && month.nano <= forecast.highNano,
  };
}

function rowOf(passed: number, trials: readonly Trial[]): BacktestRow {
  return {
    dayOfMonth: passed,
    months: trials.length,
    medianError: median(trials.map((trial) => trial.error)),
    medianLinearError: passed === 0 ? null : median(trials.map((trial) => trial.linearError)),
    inBand: trials.filter((trial) => trial.inBand).length / trials.length,
  };
}
