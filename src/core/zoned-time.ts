import {
  type CivilDate,
  civilDateOf,
  dayNumberOf,
  type IsoWeekday,
  isoDate,
  isoWeekdayOf,
  isoWeekOf,
  isoYear,
  mondayOfIsoWeek,
  twoDigits,
} from './civil-date.ts';
import { type EpochMicros, MICROS_PER_DAY, MICROS_PER_HOUR } from './units.ts';
import { instantOfLocal, localTimeOf, startOfDay, zoneOffset } from './zone.ts';

/**
 * A span of a named zone's calendar, half-open: `start` belongs to it, `end` to the next one. Windows of one
 * kind follow each other without gap or overlap, also where clocks are put forward or back.
 */
export interface ZonedWindow {
  readonly start: EpochMicros;
  readonly end: EpochMicros;
  /** `2026-11-24`, `2026-W47`, `2026-11` or `2026-Q4`. */
  readonly label: string;
}

/** Day of the zone that holds an instant. A day that a zone left out has no instant, so is never given. */
export function dayWindow(at: EpochMicros, zone: string): ZonedWindow {
  return windowAround(at, zone, (day) => dayOf(day, zone));
}

/** ISO week (Monday to Sunday) of the zone that holds an instant. */
export function weekWindow(at: EpochMicros, zone: string): ZonedWindow {
  return windowAround(at, zone, (day) => weekOf(day, zone));
}

/** Calendar month of the zone that holds an instant. */
export function monthWindow(at: EpochMicros, zone: string): ZonedWindow {
  return windowAround(at, zone, (day) => monthOf(civilDateOf(day), zone));
}

/** Calendar quarter of the zone that holds an instant. */
export function quarterWindow(at: EpochMicros, zone: string): ZonedWindow {
  return windowAround(at, zone, (day) => quarterOf(civilDateOf(day), zone));
}

/**
 * The window that a label names, of whichever kind the label is.
 * @throws RangeError when the label is none of `2026-11-24`, `2026-W47`, `2026-11`, `2026-Q4`, or does not exist.
 */
export function windowOfLabel(label: string, zone: string): ZonedWindow {
  const window = parseLabel(label, zone);
  if (window?.label !== label) {
    throw new RangeError(
      `${JSON.stringify(label)} is no period: write a day 2026-11-24, an ISO week 2026-W47, a month 2026-11 or a quarter 2026-Q4`,
    );
  }
  return window;
}

/** The month after the one that holds `at`. */
export function nextMonth(at: EpochMicros, zone: string): ZonedWindow {
  return monthWindow(monthWindow(at, zone).end, zone);
}

/** The window before, of the same kind. */
export function windowBefore(window: ZonedWindow, zone: string): ZonedWindow {
  const at = window.start - 1;
  if (window.label.includes('W')) return weekWindow(at, zone);
  if (window.label.includes('Q')) return quarterWindow(at, zone);
  return window.label.length === 7 ? monthWindow(at, zone) : dayWindow(at, zone);
}

/** Every day of a zone that has an instant in `[from, to)`, in order, whole. */
export function daysBetween(from: EpochMicros, to: EpochMicros, zone: string): ZonedWindow[] {
  const days: ZonedWindow[] = [];
  if (from >= to) return days;
  for (let day = dayWindow(from, zone); day.start < to; ) {
    days.push(day);
    day = dayWindow(day.end, zone);
  }
  return days;
}

/** The same wall-clock time so many days later or earlier. A skipped time becomes the instant of the skip. */
export function addDays(at: EpochMicros, days: number, zone: string): EpochMicros {
  const local = localTimeOf(at, zone);
  return instantOfLocal({ ...local, day: local.day + days }, zone);
}

/** Start of the UTC hour: the grain of roll-ups, spend and Modal's bill, in every zone. */
export function hourFloor(at: EpochMicros): EpochMicros {
  return Math.floor(at / MICROS_PER_HOUR) * MICROS_PER_HOUR;
}

/** Monday is 1, Sunday is 7. */
export function weekdayOf(at: EpochMicros, zone: string): IsoWeekday {
  return isoWeekdayOf(localDay(at, zone));
}

/** `2026-11-24 09:00` as the zone's clocks show it; the caller names the zone beside it. */
export function wallClockText(at: EpochMicros, zone: string): string {
  const local = localTimeOf(at, zone);
  return `${isoDate(local)} ${twoDigits(local.hour)}:${twoDigits(local.minute)}`;
}

function localDay(at: EpochMicros, zone: string): number {
  return Math.floor((at + zoneOffset(at, zone)) / MICROS_PER_DAY);
}

/**
 * Where clocks go back over midnight a date is shown twice, and the window is then the neighbour of the one
 * that the date alone would give.
 */
function windowAround(
  at: EpochMicros,
  zone: string,
  windowOf: (dayNumber: number) => ZonedWindow,
): ZonedWindow {
  const day = localDay(at, zone);
  const window = windowOf(day);
  if (at < window.start) return windowOf(day - 1);
  return at < window.end ? window : windowOf(day + 1);
}

function dayOf(day: number, zone: string): ZonedWindow {
  const label = isoDate(civilDateOf(day));
  return { start: startOfDay(day, zone), end: startOfDay(day + 1, zone), label };
}

function weekOf(day: number, zone: string): ZonedWindow {
  const { year, week } = isoWeekOf(day);
  const monday = mondayOfIsoWeek(year, week);
  const label = `${isoYear(year)}-W${twoDigits(week)}`;
  return { start: startOfDay(monday, zone), end: startOfDay(monday + 7, zone), label };
}

function monthOf({ year, month }: CivilDate, zone: string): ZonedWindow {
  return monthsFrom(year, month, 1, { label: `${isoYear(year)}-${twoDigits(month)}`, zone });
}

function quarterOf({ year, month }: CivilDate, zone: string): ZonedWindow {
  const quarter = Math.ceil(month / 3);
  return monthsFrom(year, quarter * 3 - 2, 3, { label: `${isoYear(year)}-Q${quarter}`, zone });
}

function monthsFrom(
  year: number,
  month: number,
  count: number,
  { label, zone }: { readonly label: string; readonly zone: string },
): ZonedWindow {
  const start = startOfDay(dayNumberOf({ year, month, day: 1 }), zone);
  const end = startOfDay(dayNumberOf({ year, month: month + count, day: 1 }), zone);
  return { start, end, label };
}

const LABEL = /^(\d{4})-(?:W(\d{2})|Q(\d)|(\d{2})(?:-(\d{2}))?)$/;

/** May give a window of another label when the text names a day or week that does not exist. */
function parseLabel(label: string, zone: string): ZonedWindow | null {
  const match = LABEL.exec(label);
  if (match === null) return null;
  const [year = 0, week, quarter, month = 1, day] = match
    .slice(1)
    .map((text) => (text === undefined ? undefined : Number(text)));
  if (week !== undefined) return weekOf(mondayOfIsoWeek(year, week), zone);
  if (quarter !== undefined) return quarterOf(firstOf(year, quarter * 3), zone);
  if (day !== undefined) return dayOf(dayNumberOf({ year, month, day }), zone);
  return monthOf(firstOf(year, month), zone);
}

function firstOf(year: number, month: number): CivilDate {
  return civilDateOf(dayNumberOf({ year, month, day: 1 }));
}
