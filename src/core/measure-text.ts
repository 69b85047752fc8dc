import { civilDateOf, isoDate } from './civil-date.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros,
  NANO_PER_USD,
  type NanoUsd,
} from './units.ts';
import type { Unit } from './verdict.ts';
import { wallClockText } from './zoned-time.ts';

/** A figure as people read it: `$1,234.56`, `103,400 requests`, `38.2 s`, `1.5 GB`, `12.5 %`. */
export function measureText(value: number | null, unit: Unit): string {
  if (value === null) return 'unknown';
  switch (unit) {
    case 'nano_usd':
      return usdText(value);
    case 'requests':
      return `${grouped(Math.round(value))} requests`;
    case 'us':
      return durationText(value);
    case 'bytes':
      return bytesText(value);
    case 'ratio':
      return `${fixed(value * 100, 1)} %`;
    case 'count':
      return grouped(Math.round(value));
  }
}

/** Dollars with cents; below ten cents with up to six digits, because a request costs less than a cent. */
export function usdText(nano: NanoUsd): string {
  const sign = nano < 0 ? '-' : '';
  const usd = Math.abs(nano) / NANO_PER_USD;
  if (usd === 0 || usd >= 0.1) return `${sign}$${grouped(usd, 2)}`;
  return `${sign}$${usd.toFixed(6).replace(/0{1,4}$/, '')}`;
}

export function durationText(us: Micros): string {
  if (us < MICROS_PER_SECOND) return `${fixed(us / 1_000, 1)} ms`;
  if (us < MICROS_PER_MINUTE) return `${fixed(us / MICROS_PER_SECOND, 2)} s`;
  if (us < MICROS_PER_HOUR) return `${fixed(us / MICROS_PER_MINUTE, 1)} min`;
  if (us < 3 * MICROS_PER_DAY) return `${fixed(us / MICROS_PER_HOUR, 1)} h`;
  return `${fixed(us / MICROS_PER_DAY, 1)} days`;
}

const BYTE_STEPS = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
] as const;

/** Decimal units: egress is sold by 10^9 bytes. */
export function bytesText(bytes: number): string {
  for (const [size, name] of BYTE_STEPS) {
    if (bytes >= size) return `${fixed(bytes / size, 2)} ${name}`;
  }
  return `${bytes} B`;
}

/** Thousands with commas, always `en-US`: a figure reads the same on every machine. */
export function grouped(value: number, digits = 0): string {
  return formatOf(digits, digits).format(value);
}

/** Formatters are costly to make and depend on nothing but the digits. */
const formats = new Map<number, Intl.NumberFormat>();

function formatOf(least: number, most: number): Intl.NumberFormat {
  const key = least * 100 + most;
  const kept = formats.get(key);
  if (kept !== undefined) return kept;
  const format = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: least,
    maximumFractionDigits: most,
  });
  formats.set(key, format);
  return format;
}

/** `2026-11-24 09:00 Europe/Berlin`. */
export function instantText(at: EpochMicros, zone: string): string {
  return `${wallClockText(at, zone)} ${zone}`;
}

/** `2026-11-24T09:00:00.000123Z`: ISO 8601 in UTC with microseconds. */
export function isoInstant(at: EpochMicros): string {
  const days = Math.floor(at / MICROS_PER_DAY);
  const rest = at - days * MICROS_PER_DAY;
  const two = (size: number, of: number) => pad(Math.floor(rest / size) % of, 2);
  const time = `${two(MICROS_PER_HOUR, 24)}:${two(MICROS_PER_MINUTE, 60)}:${two(MICROS_PER_SECOND, 60)}`;
  return `${isoDate(civilDateOf(days))}T${time}.${pad(rest % MICROS_PER_SECOND, 6)}Z`;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

/** At most so many digits, no trailing zeros. */
function fixed(value: number, digits: number): string {
  return formatOf(0, digits).format(value);
}
