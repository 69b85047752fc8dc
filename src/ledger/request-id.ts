import { instantOf, timeHalfOf } from '../core/ids.ts';
import type { EpochMicros } from '../core/units.ts';

/**
 * A request's id is a UUIDv7 of its start, so `started_at` already holds half of it. The other half is
 * stored as 11 characters instead of 36, which with its index is a quarter of a row. Any other id
 * (an imported one, a clock that was read twice) is stored whole, behind an `=`, which no half contains.
 */

const WHOLE = '=';
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What the column `uid` holds for an id and the start of its request. */
export function storedIdOf(id: string, startedAt: EpochMicros): string {
  if (UUID_V7.test(id) && id.slice(0, 18) === timeHalfOf(startedAt)) {
    return Buffer.from(id.slice(19, 23) + id.slice(24), 'hex').toString('base64url');
  }
  return WHOLE + id;
}

/** The id of a row, from its `uid` and `started_at`. */
export function requestIdOf(uid: string, startedAt: EpochMicros): string {
  if (uid.startsWith(WHOLE)) return uid.slice(WHOLE.length);
  const tail = Buffer.from(uid, 'base64url').toString('hex');
  return `${timeHalfOf(startedAt)}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

/** Where to look an id up: `uid` alone when stored whole, else with the start that it tells. */
export function storedIdsToFind(id: string): { uid: string; startedAt: EpochMicros | null }[] {
  const whole = { uid: WHOLE + id, startedAt: null };
  if (!UUID_V7.test(id)) return [whole];
  const fraction = Number.parseInt(id.slice(15, 18), 16);
  const startedAt = instantOf(id) + Math.ceil((fraction * 1_000) / 4_096);
  const uid = storedIdOf(id, startedAt);
  return uid === whole.uid ? [whole] : [{ uid, startedAt }, whole];
}
