import { MICROS_PER_MINUTE, MICROS_PER_SECOND, type Micros } from '../core/units.ts';

const FIRST: Micros = MICROS_PER_SECOND;
const LONGEST: Micros = MICROS_PER_MINUTE;

/**
 * Pause after the n-th failure in a row (n from 1): doubling from one second to one minute, of which a
 * random half is taken off so that many proxies do not come back at once.
 */
export function backoff(failures: number, random: () => number): Micros {
  const full = Math.min(LONGEST, FIRST * 2 ** Math.min(10, failures - 1));
  return Math.round(full * (1 - random() / 2));
}
