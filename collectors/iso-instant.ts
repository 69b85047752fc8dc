import { type EpochMicros, MICROS_PER_SECOND } from '../src/core/units.ts';

const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

export interface IsoInstant {
  /** Without a zone in the text: the instant at which UTC's clocks show it. */
  readonly at: EpochMicros;
  /** Whether the text named its zone. */
  readonly zoned: boolean;
}

/**
 * Reads an ISO 8601 date or date and time, to the microsecond; further digits are dropped.
 * @returns `null` when the text is no such instant, or names a day or time that does not exist.
 */
export function isoInstant(text: string): IsoInstant | null {
  const match = ISO.exec(text.trim());
  if (match === null) {
    return null;
  }
  const [, date = '', time = '00:00', second = '00', fraction = '', zone] = match;
  const local = `${date}T${time}:${second}`;
  const utc = Date.parse(`${local}Z`);
  // Date.parse rolls 31 June over to 1 July; reading it back shows that.
  if (Number.isNaN(utc) || !new Date(utc).toISOString().startsWith(local)) {
    return null;
  }
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'));
  return { at: utc * 1_000 + micros - offsetOf(zone ?? 'Z'), zoned: zone !== undefined };
}

function offsetOf(zone: string): number {
  if (zone === 'Z') {
    return 0;
  }
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60 * MICROS_PER_SECOND;
}
