import { type CivilDate, civilDateOf, dayNumberOf } from './civil-date.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros,
} from './units.ts';

/** A wall clock's reading. */
export interface LocalTime extends CivilDate {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Below the second. */
  readonly micros: Micros;
}

/**
 * Checks a zone's name against the runtime's zone data (ICU).
 * @throws RangeError naming the zone when it is unknown.
 */
export function requireZone(zone: string): string {
  formatterOf(zone);
  return zone;
}

/** What the clocks of a zone show, less UTC, at an instant. */
export function zoneOffset(at: EpochMicros, zone: string): Micros {
  if (zone === 'UTC') return 0;
  // Since 1972-02 clocks change at whole minutes only, everywhere.
  if (at < WHOLE_MINUTES_SINCE) return offsetAtSecond(Math.floor(at / MICROS_PER_SECOND), zone);
  const minute = Math.floor(at / MICROS_PER_MINUTE);
  const known = offsetsOf(zone);
  const kept = known.get(minute);
  if (kept !== undefined) return kept;
  const offset = offsetAtSecond(minute * 60, zone);
  if (known.size >= MOST_OFFSETS) known.clear();
  known.set(minute, offset);
  return offset;
}

function offsetAtSecond(second: number, zone: string): Micros {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(second * 1_000)) {
    parts[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: seconds = 0 } = parts;
  const days = dayNumberOf({ year, month, day });
  return (days * 86_400 + hour * 3_600 + minute * 60 + seconds - second) * MICROS_PER_SECOND;
}

/** The wall clock of a zone at an instant. */
export function localTimeOf(at: EpochMicros, zone: string): LocalTime {
  const local = at + zoneOffset(at, zone);
  const days = Math.floor(local / MICROS_PER_DAY);
  const rest = local - days * MICROS_PER_DAY;
  return {
    ...civilDateOf(days),
    hour: Math.floor(rest / MICROS_PER_HOUR),
    minute: Math.floor((rest % MICROS_PER_HOUR) / MICROS_PER_MINUTE),
    second: Math.floor((rest % MICROS_PER_MINUTE) / MICROS_PER_SECOND),
    micros: rest % MICROS_PER_SECOND,
  };
}

/**
 * The instant at which a zone's clocks show a time. A time shown twice means the first; a time that is
 * skipped means the instant of the skip.
 */
export function instantOfLocal(local: LocalTime, zone: string): EpochMicros {
  const wall =
    dayNumberOf(local) * MICROS_PER_DAY +
    local.hour * MICROS_PER_HOUR +
    local.minute * MICROS_PER_MINUTE +
    local.second * MICROS_PER_SECOND +
    local.micros;
  return instantOfWall(wall, zone);
}

/** The same for the first instant of a day, given by its number since 1970-01-01. */
export function startOfDay(dayNumber: number, zone: string): EpochMicros {
  return instantOfWall(dayNumber * MICROS_PER_DAY, zone);
}

// Offsets reach from -12 h (and -15:13 before 1867) to +14 h (+15:13), so these enclose the instant.
const EARLIEST = -16 * MICROS_PER_HOUR;
const LATEST = 16 * MICROS_PER_HOUR;

function instantOfWall(wall: EpochMicros, zone: string): EpochMicros {
  if (zone === 'UTC') return wall;
  const before = zoneOffset(wall + EARLIEST, zone);
  const after = zoneOffset(wall + LATEST, zone);
  for (const offset of [before, after]) {
    const at = wall - offset;
    if (zoneOffset(at, zone) === offset) return at;
  }
  return skipAt(wall + EARLIEST, wall + LATEST, zone);
}

/** The instant between `low` and `high` at which the zone leaves the offset it has at `low`. */
function skipAt(low: EpochMicros, high: EpochMicros, zone: string): EpochMicros {
  const offset = zoneOffset(low, zone);
  let first = Math.floor(low / MICROS_PER_SECOND);
  let last = Math.ceil(high / MICROS_PER_SECOND);
  while (last - first > 1) {
    const middle = Math.floor((first + last) / 2);
    if (zoneOffset(middle * MICROS_PER_SECOND, zone) === offset) first = middle;
    else last = middle;
  }
  return last * MICROS_PER_SECOND;
}

const WHOLE_MINUTES_SINCE: EpochMicros = 2 * 365 * MICROS_PER_DAY + 31 * MICROS_PER_DAY;

/** Asking the runtime takes longer than everything else that is done with a day, and the same days come again. */
const offsets = new Map<string, Map<number, Micros>>();
/** By zone: every start of a day in a decade, with what is asked around it. */
const MOST_OFFSETS = 20_000;

function offsetsOf(zone: string): Map<number, Micros> {
  const kept = offsets.get(zone);
  if (kept !== undefined) return kept;
  const fresh = new Map<number, Micros>();
  offsets.set(zone, fresh);
  return fresh;
}

/** Formatters are costly to make and depend on nothing but the name. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const kept = formatters.get(zone);
  if (kept !== undefined) return kept;
  const formatter = newFormatter(zone);
  formatters.set(zone, formatter);
  return formatter;
}

function newFormatter(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    throw new RangeError(
      `unknown time zone ${JSON.stringify(zone)}: use a name of the IANA database, e.g. "UTC" or "Europe/Berlin"`,
      { cause: error },
    );
  }
}
