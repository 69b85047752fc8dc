import type { EpochMicros } from '../../src/core/units.ts';

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/**
 * An `Interval Start` of Modal's report. Without a zone it means UTC: the CLI takes the suffix off, and
 * writes one only under `--tz`. Intervals start on whole seconds; a fraction is dropped.
 * @returns `null` when the text is no such instant, or names a day that no calendar has.
 */
export function instantOf(text: string): EpochMicros | null {
  const match = ISO.exec(text.trim());
  if (match === null) {
    return null;
  }
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = 'Z'] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const utc = Date.parse(`${local}Z`);
  // Date.parse rolls 31 June over to 1 July; reading it back shows that.
  if (Number.isNaN(utc) || !new Date(utc).toISOString().startsWith(local)) {
    return null;
  }
  return (utc - offsetMs(zone)) * 1_000;
}

function offsetMs(zone: string): number {
  if (zone === 'Z') {
    return 0;
  }
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}
