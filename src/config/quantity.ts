import { z } from 'zod';
import { type EpochMicros, type Micros, NANO_PER_USD, type NanoUsd } from '../core/units.ts';

const UNITS_US: Readonly<Record<string, number>> = {
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};
const UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1_024,
  MiB: 1_024 ** 2,
  GiB: 1_024 ** 3,
  TiB: 1_024 ** 4,
};

/** A duration as people write it; microseconds inside. */
export const duration = z
  .string({ error: 'write a duration with its unit: 500ms, 300s, 5m, 4h, 90d' })
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, {
    error: 'write a duration with its unit: 500ms, 300s, 5m, 4h, 90d',
  })
  .meta({ examples: ['300s', '5m', '4h', '90d'] })
  .transform((text): Micros => measured(text, UNITS_US));

/** A size as people write it; bytes inside. */
export const size = z
  .string({ error: 'write a size with its unit: 512B, 64KiB, 64MiB, 1GiB' })
  .regex(/^\d+(\.\d+)?(B|[kMGT]B|[KMGT]iB)$/, {
    error: 'write a size with its unit: 512B, 64KiB, 64MiB, 1GiB',
  })
  .meta({ examples: ['64KiB', '1GiB'] })
  .transform((text) => measured(text, UNITS_BYTES));

/** Dollars, at most a billionth exact; nano-dollars inside. */
export const usd = z
  .number({ error: 'write an amount of US dollars as a number: 500, 0.0065' })
  .min(0, { error: 'an amount cannot be negative' })
  .max(9_000_000)
  .transform((dollars): NanoUsd => Math.round(dollars * NANO_PER_USD));

const INSTANT_RULE = 'write a date: 2026-11-24, or with time and zone: 2026-11-24T09:00Z';
const INSTANT = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/;

/** A calendar day (its UTC start), or an instant with its zone: the same on every machine. */
export const instant = z
  .string({ error: INSTANT_RULE })
  .refine(isInstant, { error: INSTANT_RULE })
  .transform((text): EpochMicros => Date.parse(text) * 1_000);

/** `Date.parse` alone takes February 31 for March 3. */
function isInstant(text: string): boolean {
  const day = INSTANT.exec(text)?.[1];
  if (day === undefined || !Number.isFinite(Date.parse(text))) return false;
  return new Date(`${day}T00:00Z`).toISOString().startsWith(day);
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, `[IPv6]:PORT` or `:PORT` for this machine only. */
export const listenAddress = z
  .string({ error: 'write HOST:PORT, e.g. 127.0.0.1:8787' })
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]*):\d{1,5}$/, { error: 'write HOST:PORT, e.g. 127.0.0.1:8787' })
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, {
    error: 'a port is at most 65535',
  })
  .transform((text): ListenAddress => {
    const colon = text.lastIndexOf(':');
    const host = text.slice(0, colon).replaceAll(/[[\]]/g, '');
    return { host: host === '' ? '127.0.0.1' : host, port: Number(text.slice(colon + 1)) };
  });

function measured(text: string, units: Readonly<Record<string, number>>): number {
  const match = /^([\d.]+)(\D+)$/.exec(text);
  return Math.round(Number(match?.[1] ?? 0) * (units[match?.[2] ?? ''] ?? 0));
}
