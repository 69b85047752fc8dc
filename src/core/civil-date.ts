/** A day of the proleptic Gregorian calendar, without a zone. `month` and `day` count from 1. */
export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Monday is 1, Sunday is 7 (ISO 8601). */
export type IsoWeekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

const DAYS_PER_ERA = 146_097;

/** Days since 1970-01-01. Days out of the month's range roll over, as months do. */
export function dayNumberOf(date: CivilDate): number {
  const months = date.year * 12 + (date.month - 1);
  const year = Math.floor(months / 12);
  const month = months - year * 12 + 1;
  // Years counted from March, so that the leap day is the last of its year.
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5);
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - 719_468 + (date.day - 1);
}

/** The inverse of `dayNumberOf`. */
export function civilDateOf(dayNumber: number): CivilDate {
  const shifted = dayNumber + 719_468;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

export function isoWeekdayOf(dayNumber: number): IsoWeekday {
  // 1970-01-01 was a Thursday.
  return (((((dayNumber + 3) % 7) + 7) % 7) + 1) as IsoWeekday;
}

/** ISO 8601 week: the week belongs to the year that has its Thursday. */
export function isoWeekOf(dayNumber: number): { readonly year: number; readonly week: number } {
  const thursday = dayNumber + 4 - isoWeekdayOf(dayNumber);
  const { year } = civilDateOf(thursday);
  const week = Math.floor((thursday - dayNumberOf({ year, month: 1, day: 1 })) / 7) + 1;
  return { year, week };
}

/** Day number of the Monday of an ISO week. Week 1 is the one with January 4th. */
export function mondayOfIsoWeek(year: number, week: number): number {
  const fourth = dayNumberOf({ year, month: 1, day: 4 });
  return fourth - (isoWeekdayOf(fourth) - 1) + (week - 1) * 7;
}

export function isoDate(date: CivilDate): string {
  return `${isoYear(date.year)}-${twoDigits(date.month)}-${twoDigits(date.day)}`;
}

export function isoYear(year: number): string {
  return String(year).padStart(4, '0');
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
