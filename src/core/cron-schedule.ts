import { dayNumberOf, isoWeekdayOf } from './civil-date.ts';
import { type EpochMicros, MICROS_PER_MINUTE } from './units.ts';
import { instantOfLocal, type LocalTime, localTimeOf } from './zone.ts';
import { addDays, dayWindow } from './zoned-time.ts';

/** A cron expression of five fields, read. */
export interface CronSchedule {
  readonly text: string;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** Cron's rule: a day matches either field when both are restricted. */
  readonly eitherDay: boolean;
}

const FIELDS = [
  { name: 'minute', min: 0, max: 59, names: [] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day of month', min: 1, max: 31, names: [] },
  {
    name: 'month',
    min: 1,
    max: 12,
    names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  {
    name: 'day of week',
    min: 0,
    max: 7,
    names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  },
] as const;

/**
 * Reads `minute hour day-of-month month day-of-week`, with lists, ranges, steps and English names.
 * @throws RangeError naming the field that is wrong.
 */
export function parseCron(text: string): CronSchedule {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) {
    throw new RangeError(
      `${JSON.stringify(text)} is no schedule: write five fields, e.g. "0 9 * * 1" for Mondays at 09:00`,
    );
  }
  const sets = FIELDS.map((field, index) => parseField(parts[index] ?? '', field, text));
  const [minutes, hours, days, months, weekdays] = sets as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  if (weekdays.delete(7)) weekdays.add(0);
  const eitherDay = !parts[2]?.startsWith('*') && !parts[4]?.startsWith('*');
  return { text, minutes, hours, days, months, weekdays, eitherDay };
}

/**
 * The slots of a schedule in `(after, until]` on the clocks of a zone, oldest first. A time that the clocks
 * skip runs at the instant of the skip; one that they show twice runs once, the first time.
 */
export function slotsBetween(
  schedule: CronSchedule,
  zone: string,
  { after, until }: { readonly after: EpochMicros; readonly until: EpochMicros },
): EpochMicros[] {
  const slots = new Set<EpochMicros>();
  if (until <= after) return [];
  // One day more at the front: where clocks go back over midnight, a slot's date may be the day before.
  let noon = addDays(dayWindow(after, zone).start, -1, zone);
  for (; noon <= until; noon = dayWindow(noon, zone).end) {
    const day = localTimeOf(noon, zone);
    if (!matchesDay(schedule, day)) continue;
    for (const at of slotsOfDay(schedule, day, zone)) if (at > after && at <= until) slots.add(at);
  }
  return [...slots].sort((a, b) => a - b);
}

/** The first slot after an instant; `null` when there is none within five years. */
export function nextSlot(
  schedule: CronSchedule,
  zone: string,
  after: EpochMicros,
): EpochMicros | null {
  for (let days = 1; days <= 2_048; days *= 2) {
    const until = addDays(after, days, zone);
    const [first] = slotsBetween(schedule, zone, { after, until });
    if (first !== undefined) return first;
  }
  return null;
}

function* slotsOfDay(schedule: CronSchedule, day: LocalTime, zone: string): Generator<EpochMicros> {
  for (const hour of schedule.hours) {
    for (const minute of schedule.minutes) {
      const at = instantOfLocal({ ...day, hour, minute, second: 0, micros: 0 }, zone);
      yield Math.ceil(at / MICROS_PER_MINUTE) * MICROS_PER_MINUTE;
    }
  }
}

function matchesDay(schedule: CronSchedule, day: LocalTime): boolean {
  if (!schedule.months.has(day.month)) return false;
  const byDay = schedule.days.has(day.day);
  const byWeekday = schedule.weekdays.has(isoWeekdayOf(dayNumberOf(day)) % 7);
  return schedule.eitherDay ? byDay || byWeekday : byDay && byWeekday;
}

function parseField(part: string, field: (typeof FIELDS)[number], text: string): Set<number> {
  const values = new Set<number>();
  for (const item of part.split(',')) {
    const [range = '', stepText] = item.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    const [from, to] = bounds(range, field, stepText !== undefined);
    const good = Number.isInteger(step) && step > 0 && from >= field.min && to <= field.max;
    if (!good || !(from <= to)) {
      throw new RangeError(
        `${JSON.stringify(text)} is no schedule: ${JSON.stringify(part)} is no ${field.name} (${field.min} to ${field.max})`,
      );
    }
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

function bounds(
  range: string,
  field: (typeof FIELDS)[number],
  stepped: boolean,
): readonly [number, number] {
  if (range === '*') return [field.min, field.max];
  const [first = '', last] = range.split('-');
  const from = fieldValue(first, field.names);
  if (last !== undefined) return [from, fieldValue(last, field.names)];
  return [from, stepped ? field.max : from];
}

function fieldValue(text: string, names: readonly string[]): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const index = text === '' ? -1 : names.indexOf(text.toLowerCase());
  return index === -1 ? Number.NaN : index;
}
