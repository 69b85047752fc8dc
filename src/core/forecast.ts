import type { IsoWeekday } from './civil-date.ts';
import { fitSpendLevel, type SpendLevel } from './spend-level.ts';
import type { EpochMicros, NanoUsd } from './units.ts';
import { daysBetween, monthWindow, weekdayOf, type ZonedWindow } from './zoned-time.ts';

/** Spend of one whole day of the zone. */
export interface DaySpend {
  readonly day: ZonedWindow;
  readonly weekday: IsoWeekday;
  readonly nano: NanoUsd;
}

export interface ForecastInput {
  readonly now: EpochMicros;
  readonly zone: string;
  /** Whole days before today, ascending, without gaps. */
  readonly days: readonly DaySpend[];
  /** Spent so far in the month, today included. */
  readonly monthNano: NanoUsd;
}

export interface Forecast {
  readonly nano: NanoUsd;
  /** Four months in five end between these. */
  readonly lowNano: NanoUsd;
  readonly highNano: NanoUsd;
  /** Expected spend of what is left of today and of each later day of the month. */
  readonly ahead: readonly DaySpend[];
}

/** Fewer whole days than this say nothing about a month. */
export const MIN_FORECAST_DAYS = 3;
/** How far back the weekday profile looks. */
const PROFILE_DAYS = 56;
/** How far back the level looks. */
const LEVEL_DAYS = 28;
/** A weekday's own ratio counts fully only once it rests on several weeks. */
const PROFILE_PRIOR_WEEKS = 1;
/** A day may be quiet, never nothing: its factor divides. */
const MIN_FACTOR = 0.02;
/** A trend loses so much of its force each day: no growth goes on for ever. */
const DAMPING = 0.99;
/** Relative doubt in a trend and in the weekday profile; set so that the bands of the back-test hold 80 %. */
const TREND_DOUBT = 0.3;
const PROFILE_DOUBT = 0.055;
/** The middle 80 % of a normal distribution. */
const BAND_SIGMAS = 1.2816;

/**
 * Spend at the end of the month: recent level × weekday profile for each day that is left. `null` with less
 * than three whole days of data.
 */
export function forecastMonth(input: ForecastInput): Forecast | null {
  const days = input.days.slice(-PROFILE_DAYS);
  if (days.length < MIN_FORECAST_DAYS) return null;
  const profile = weekdayProfile(days);
  const level = fitSpendLevel(
    days.slice(-LEVEL_DAYS).map(({ weekday, nano }) => nano / factorOf(profile, weekday)),
  );
  const month = monthWindow(input.now, input.zone);
  const ahead = daysBetween(input.now, month.end, input.zone).map((day, index) => {
    const weekday = weekdayOf(day.start, input.zone);
    const trend = level.slope * dampedDays(index);
    const expected = Math.max(0, level.next + trend) * factorOf(profile, weekday);
    // Today has its own pace: what is left of it is the expected day's share of the time that is left.
    const share = index === 0 ? (day.end - input.now) / (day.end - day.start) : 1;
    return { day, weekday, nano: Math.round(expected * share) };
  });
  const nano = ahead.reduce((sum, { nano }) => sum + nano, input.monthNano);
  const spread = BAND_SIGMAS * uncertainty(level, ahead.length);
  return {
    nano,
    lowNano: Math.max(input.monthNano, Math.round(nano - spread)),
    highNano: Math.round(nano + spread),
    ahead,
  };
}

/** The baseline that the forecast must beat: spend ÷ elapsed × length of the month. */
export function linearForecast(input: Pick<ForecastInput, 'now' | 'zone' | 'monthNano'>): NanoUsd {
  const month = monthWindow(input.now, input.zone);
  const elapsed = input.now - month.start;
  return elapsed <= 0 ? 0 : Math.round((input.monthNano / elapsed) * (month.end - month.start));
}

/** When the forecast reaches an amount; `null` when it does not within the month. */
export function crossingAt(
  forecast: Forecast,
  input: Pick<ForecastInput, 'now' | 'monthNano'>,
  amount: NanoUsd,
): EpochMicros | null {
  let spent = input.monthNano;
  for (const { day, nano } of forecast.ahead) {
    if (spent + nano >= amount) {
      const start = Math.max(day.start, input.now);
      const share = nano <= 0 ? 0 : Math.max(0, amount - spent) / nano;
      return Math.round(start + share * (day.end - start));
    }
    spent += nano;
  }
  return null;
}

function dampedDays(days: number): number {
  return (1 - DAMPING ** days) / (1 - DAMPING);
}

function factorOf(profile: Profile, weekday: IsoWeekday): number {
  return profile[weekday] ?? 1;
}

/** Factor of each weekday; index 1 is Monday. */
type Profile = readonly number[];

/**
 * Each weekday's typical ratio to the seven days around it, drawn to 1 while few weeks are known. Ratios to
 * the neighbourhood keep growth out of the profile, their median keeps bursts out.
 */
function weekdayProfile(days: readonly DaySpend[]): Profile {
  const ratios = Array.from({ length: 8 }, (): number[] => []);
  days.forEach(({ weekday, nano }, index) => {
    const around = meanAround(days, index);
    if (around > 0) ratios[weekday]?.push(nano / around);
  });
  const profile = ratios.map((own) => {
    const weight = own.length / (own.length + PROFILE_PRIOR_WEEKS);
    return own.length === 0 ? 1 : weight * median(own) + (1 - weight);
  });
  const scale = average(profile.slice(1));
  return profile.map((factor) => Math.max(MIN_FACTOR, factor / scale));
}

function meanAround(days: readonly DaySpend[], index: number): number {
  const from = Math.max(0, Math.min(index - 3, days.length - 7));
  return average(days.slice(from, from + 7).map(({ nano }) => nano));
}

/**
 * Standard deviation of what is left: days scatter on their own, the level and the slope may be off by what
 * the fit leaves open, and a trend may end.
 */
function uncertainty(level: SpendLevel, daysLeft: number): number {
  const isLine = level.model === 'line';
  const days = daysLeft * level.scatter ** 2;
  const offset = (daysLeft * level.scatter * (isLine ? 2 : 1)) / Math.sqrt(level.days);
  const tilt = isLine ? (daysLeft ** 2 / 2) * level.scatter * Math.sqrt(12 / level.days ** 3) : 0;
  const trendEnds = (daysLeft ** 2 / 2) * level.slope * TREND_DOUBT;
  const habits = daysLeft * level.next * PROFILE_DOUBT;
  return Math.sqrt(days + offset ** 2 + tilt ** 2 + trendEnds ** 2 + habits ** 2);
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
