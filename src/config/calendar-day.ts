import { z } from 'zod';
import type { EpochMicros } from '../core/units.ts';
import { windowOfLabel } from '../core/zoned-time.ts';

/** `2026-12-01`. What instant that is depends on the zone: see `startOfCalendarDay`. */
export const calendarDay = z
  .string({ error: 'write a day, such as 2026-12-01' })
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'write a day, such as 2026-12-01')
  .refine(isDay, 'there is no such day');

export function startOfCalendarDay(day: string, timezone: string): EpochMicros {
  return windowOfLabel(day, timezone).start;
}

export function endOfCalendarDay(day: string, timezone: string): EpochMicros {
  return windowOfLabel(day, timezone).end;
}

function isDay(day: string): boolean {
  try {
    windowOfLabel(day, 'UTC');
    return true;
  } catch {
    return false;
  }
}
