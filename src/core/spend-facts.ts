import type { Facts } from './facts.ts';
import type { DaySpend, ForecastInput } from './forecast.ts';
import { type HourSeries, hourSeries } from './hour-series.ts';
import { durationText } from './measure-text.ts';
import { type EpochMicros, MICROS_PER_MINUTE, type Micros, type NanoUsd } from './units.ts';
import { daysBetween, dayWindow, monthWindow, weekdayOf, type ZonedWindow } from './zoned-time.ts';

/** The spend of any window, as every consumer sees it: settled or not, the hours that start in the window. */
export function spendFacts(facts: Pick<Facts, 'hours'>): HourSeries {
  return hourSeries(facts.hours, (hour) => hour.spendNano);
}

export interface MonthSpend {
  readonly month: ZonedWindow;
  readonly nano: NanoUsd;
  /** The part of it that is not settled yet: an estimate. */
  readonly unsettledNano: NanoUsd;
}

/** Spend of the calendar month that holds `now`. */
export function monthSpend(facts: Facts): MonthSpend {
  const month = monthWindow(facts.now, facts.zone);
  const unsettled = hourSeries(facts.hours, (hour) => hour.unsettledNano);
  return {
    month,
    nano: spendFacts(facts).sum(month.start, month.end),
    unsettledNano: unsettled.sum(month.start, month.end),
  };
}

/** Spend of each whole day on record before today. The day of the first request counts if it is whole. */
export function spendDays(
  facts: Pick<Facts, 'now' | 'zone' | 'hours' | 'hoursFrom' | 'firstRequestAt'>,
): DaySpend[] {
  const from = wholeDayFrom(
    Math.max(facts.hoursFrom, facts.firstRequestAt ?? facts.now),
    facts.zone,
  );
  const spend = spendFacts(facts);
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

/**
 * Settlement waits up to an hour for requests that are open. What ended this much earlier and is not settled was
 * imported, or lay in the journal, or settlement does not work.
 */
export const SETTLEMENT_BEHIND_US = 90 * MICROS_PER_MINUTE;

/** How long ago the first request ended that settlement has not seen; 0: it has seen them all. */
export function settlementLag({ now, hours }: Pick<Facts, 'now' | 'hours'>): Micros {
  return hours.reduce((lag, hour) => Math.max(lag, now - (hour.unsettledSince ?? now)), 0);
}

/**
 * Why no pace may be judged, or `null`. An estimate may be a multiple of what settlement finds, and an hour
 * that lacks its idle time compares with none that has it.
 */
export function settlementBehind({ now, hours }: Pick<Facts, 'now' | 'hours'>): string | null {
  const lag = settlementLag({ now, hours });
  return lag <= SETTLEMENT_BEHIND_US
    ? null
    : `Settlement is ${durationText(lag)} behind: the spend rests on estimates. It is judged when they are settled.`;
}

function wholeDayFrom(at: EpochMicros, zone: string): EpochMicros {
  const day = dayWindow(at, zone);
  return day.start === at ? at : day.end;
}
