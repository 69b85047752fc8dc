import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros,
} from '../core/units.ts';
import { usageError } from './cli-error.ts';

const UNITS: Readonly<Record<string, Micros>> = {
  s: MICROS_PER_SECOND,
  m: MICROS_PER_MINUTE,
  h: MICROS_PER_HOUR,
  d: MICROS_PER_DAY,
};

/** `90s`, `15m`, `2h`, `3d`. @throws CliError naming the flag. */
export function parseDuration(text: string, flag: string): Micros {
  const duration = durationIn(text);
  if (duration === null) {
    throw usageError(`${flag} ${JSON.stringify(text)} is no duration; write 90s, 15m, 2h or 3d`);
  }
  return duration;
}

/** The same, `null` when the text is no duration. */
export function durationIn(text: string): Micros | null {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const size = UNITS[unit];
  return amount === undefined || size === undefined ? null : Number(amount) * size;
}
