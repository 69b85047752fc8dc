import {
  type EpochMicros,
  MICROS_PER_HOUR,
  MICROS_PER_SECOND,
  type Micros,
} from '../core/units.ts';

/** A server that asks for more is asked again after this. */
const LONGEST: Micros = MICROS_PER_HOUR;

/** Both forms of `Retry-After` (RFC 9110, section 10.2.3): seconds, or an HTTP date. `null`: not usable. */
export function parseRetryAfter(value: string | null, now: EpochMicros): Micros | null {
  const text = value?.trim() ?? '';
  if (text === '') return null;
  if (/^\d+$/.test(text)) return Math.min(LONGEST, Number(text) * MICROS_PER_SECOND);
  const at = Date.parse(text);
  if (Number.isNaN(at)) return null;
  return Math.min(LONGEST, Math.max(0, at * 1_000 - now));
}
