import { durationText, grouped, usdText } from '../core/measure-text.ts';
import { MICROS_PER_SECOND, type Micros, type NanoUsd, parseUsd } from '../core/units.ts';
import { localTimeOf } from '../core/zone.ts';
import { wallClockText } from '../core/zoned-time.ts';

/** What stands where nothing is known: never a zero. */
export const UNKNOWN = '–';

/** `$0.0265`. */
export function dollars(nano: NanoUsd | null): string {
  return nano === null ? UNKNOWN : usdText(nano);
}

/** The same of a decimal string of dollars. */
export function dollarsOfText(usd: string | null): string {
  return usd === null ? UNKNOWN : usdText(parseUsd(usd));
}

/** `38.2 s`, of milliseconds. */
export function milliseconds(ms: number | null): string {
  return ms === null ? UNKNOWN : durationText(Math.round(ms * 1_000));
}

/** `12,345`. */
export function quantity(value: number | null): string {
  return value === null ? UNKNOWN : grouped(value);
}

/** GPU time: always seconds or hours, because that is what is billed. */
export function gpuTime(us: Micros): string {
  const seconds = us / MICROS_PER_SECOND;
  return seconds < 3_600 ? `${grouped(seconds, 1)} GPU-s` : `${grouped(seconds / 3_600, 1)} GPU-h`;
}

/** `2026-11-24 09:00:12` on the clocks of `zone`, of an ISO instant. */
export function wallClock(iso: string, zone: string): string {
  const at = Date.parse(iso) * 1_000;
  const second = String(localTimeOf(at, zone).second).padStart(2, '0');
  return `${wallClockText(at, zone)}:${second}`;
}

/** `14 requests`, `1 request`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function text(value: string | number | null): string {
  return value === null ? UNKNOWN : String(value);
}
