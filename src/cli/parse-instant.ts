import { isoInstant } from '../../collectors/iso-instant.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from '../core/units.ts';
import { instantOfLocal, localTimeOf } from '../core/zone.ts';
import { usageError } from './cli-error.ts';

const UNITS: Readonly<Record<string, number>> = {
  s: MICROS_PER_SECOND,
  m: MICROS_PER_MINUTE,
  h: MICROS_PER_HOUR,
  d: MICROS_PER_DAY,
};

export interface InstantContext {
  readonly now: EpochMicros;
  /** Zone of dates and times that name none. */
  readonly zone: string;
}

/**
 * An instant as people write it: `now`, `90m` or `7d` ago, `2026-11-24`, `2026-11-24T09:00`, or ISO 8601.
 * @throws CliError naming the flag.
 */
export function parseInstant(
  text: string | undefined,
  flag: string,
  { now, zone }: InstantContext,
): EpochMicros | undefined {
  if (text === undefined) return undefined;
  if (text === 'now') return now;
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * (UNITS[unit] ?? 0);
  const read = isoInstant(text);
  if (read === null) {
    throw usageError(
      `${flag} ${JSON.stringify(text)} is no time; write 2h, 7d, 2026-11-24 or 2026-11-24T09:00Z`,
    );
  }
  return read.zoned ? read.at : instantOfLocal(localTimeOf(read.at, 'UTC'), zone);
}
