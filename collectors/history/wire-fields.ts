import { z } from 'zod';
import type { Micros } from '../../src/core/units.ts';

/** Milliseconds up to a year: beyond it, somebody wrote another unit. */
export const millis = z.number().nonnegative().max(31_536_000_000);

export function microsOf(milliseconds: number): Micros {
  return Math.round(milliseconds * 1_000);
}

/** Modal's edge answers with these by itself, without a container. */
export const FREE_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 429]);
