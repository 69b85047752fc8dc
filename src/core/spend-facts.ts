import type { Facts } from './facts.ts';
import type { DaySpend, ForecastInput } from './forecast.ts';
import { type HourSeries, hourSeries } from './hour-series.ts';
import type { EpochMicros, NanoUsd } from './units.ts';
import { daysBetween, dayWindow, monthWindow, weekdayOf, type ZonedWindow } from './zoned-time.ts';

/** The spend of any window, as every consumer sees it: its hours, and what is open if it reaches to now. */
export interface SpendFacts {
  readonly hours: HourSeries;
  /** Spend of the hours that start in the window, plus what is open when the window holds `now`. */
  between(from: EpochMicros, to: EpochMicros): NanoUsd;
}

export function spendFacts(facts: Facts): SpendFacts {
  const hours = hourSeries(facts.hours, (hour) => hour.spendNano);
  return {
    hours,
    between: (from, to) =>
      hours.sum(from, to) + (from <= facts.now && facts.now <= to ? facts.openNano : 0),
  };
}

export interface MonthSpend {
  readonly month: ZonedWindow;
  readonly nano: NanoUsd;
}

/** Spend of the calendar month that holds `now`. */
export function monthSpend(facts: Facts): MonthSpend {
  const month = monthWindow(facts.now, facts.zone);
  return { month, nano: spendFacts(facts).between(month.start, month.end) };
}

/** Spend of each whole day on record before today. The day of the first request counts if it is whole. */
export function spendDays(
  facts: Pick<Facts, 'now' | 'zone' | 'hours' | 'hoursFrom' | 'firstRequestAt'>,
): DaySpend[] {
  const from = wholeDayFrom(
    Math.max(facts.hoursFrom, facts.firstRequestAt ?? facts.now),
    facts.zone,
  );
  const spend = hourSeries(facts.hours, (hour) => hour.spendNano);
  return daysBetween(from, dayWindow(facts.now, facts.zone).start, facts.zone).map((day) => ({
    day,
    weekday: weekdayOf(day.start, facts.zone),
    nano: spend.sum(day.start, day.end),
  }));
}

/** What the month's forecast is made from. */
export function forecastInput(facts: Facts): ForecastInput {
  const { now, zone } = facts;
  return { now, zone, days: spendDays(facts), monthNano: monthSpend(facts).nano };
}

function wholeDayFrom(at: EpochMicros, zone: string): EpochMicros {
  const day = dayWindow(at, zone);
  return day.start === at ? at : day.end;
}
