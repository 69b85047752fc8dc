import type { EpochMicros, Micros } from '../core/units.ts';

/** The one source of time. Real in the program, stepped by hand in tests. */
export interface Clock {
  /** UTC now. May step when the machine's clock is corrected. */
  now(): EpochMicros;
  /** For durations: never goes back, has no meaning as a date. */
  monotonic(): Micros;
}
