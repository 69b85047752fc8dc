import { createHash } from 'node:crypto';
import { uuidv7 } from '../../src/core/ids.ts';
import type { EpochMicros } from '../../src/core/units.ts';

/**
 * A UUIDv7 of the request's start and of what identifies it in its source, so that reading the source again
 * gives the same id. 62 bits of SHA-256 keep a billion requests of one instant apart.
 */
export function derivedId(startedAt: EpochMicros, identity: readonly unknown[]): string {
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  return uuidv7(startedAt, digest);
}
