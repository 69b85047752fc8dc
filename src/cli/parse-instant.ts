import { isoInstant } from '../../collectors/iso-instant.ts';
import type { EpochMicros } from '../core/units.ts';
import { instantOfLocal, localTimeOf } from '../core/zone.ts';
import { usageError } from './cli-error.ts';
import { durationIn } from './parse-duration.ts';

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
  const ago = durationIn(text);
  if (ago !== null) return now - ago;
  const read = isoInstant(text);
  if (read === null) {
    throw usageError(
      `${flag} ${JSON.stringify(text)} is no time; write 2h, 7d, 2026-11-24 or 2026-11-24T09:00Z`,
    );
  }
  return read.zoned ? read.at : instantOfLocal(localTimeOf(read.at, 'UTC'), zone);
}
