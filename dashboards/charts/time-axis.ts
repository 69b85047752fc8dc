import { axisX, type Markish } from '@observablehq/plot';
import { civilDateOf, isoWeekdayOf } from '../../src/core/civil-date.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../../src/core/units.ts';
import { zoneOffset } from '../../src/core/zone.ts';
import type { ChartFrame } from './chart.ts';
import { MUTED } from './chart-theme.ts';

/**
 * An instant as the chart library takes it, moved so that its UTC axis shows the zone's wall clock. Days of 23 and
 * 25 hours are drawn as wide as the others.
 */
export function wallDate(at: EpochMicros, zone: string): Date {
  return new Date((at + zoneOffset(at, zone)) / 1_000);
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `24 Nov`. */
export function dayText(date: Date): string {
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** Ticks for a span of days: days, Mondays, first days of months, whichever leaves room to read them. */
export function timeAxis(frame: ChartFrame, from: Date, to: Date): Markish {
  const dates = tickDates(from, to, Math.max(2, Math.floor(frame.width / 90)));
  const monthly = dates.every((date) => date.getUTCDate() === 1) && dates.length > 2;
  return axisX(dates, {
    tickFormat: (date: Date) => (monthly ? monthText(date) : dayText(date)),
    tickSize: 4,
    tickPadding: 5,
    label: null,
    fillOpacity: MUTED,
    strokeOpacity: 0.35,
    fontSize: frame.theme.fontSize - 1,
  });
}

function monthText(date: Date): string {
  const month = MONTHS[date.getUTCMonth()] ?? '';
  return date.getUTCMonth() === 0 ? `${month} ${date.getUTCFullYear()}` : month;
}

function tickDates(from: Date, to: Date, most: number): Date[] {
  const first = Math.ceil((from.getTime() * 1_000) / MICROS_PER_DAY);
  const last = Math.floor((to.getTime() * 1_000) / MICROS_PER_DAY);
  const days = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  const mondays = days.filter((day) => isoWeekdayOf(day) === 1);
  const firsts = days.filter((day) => civilDateOf(day).day === 1);
  const fitting = [days, mondays, firsts].find((list) => list.length <= most && list.length > 0);
  const chosen = fitting ?? everySo(firsts.length > 0 ? firsts : days, most);
  return chosen.map((day) => new Date((day * MICROS_PER_DAY) / 1_000));
}

function everySo(days: readonly number[], most: number): number[] {
  const step = Math.ceil(days.length / most);
  return days.filter((_, index) => index % step === 0);
}
