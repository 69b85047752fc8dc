import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports/clock.ts';

/** How far, in milliseconds, the wall clock has to be from ours to be followed. */
const STEP_MS = 1_000;

/** What a machine tells of time, in milliseconds. */
export interface TimeSource {
  /** The wall clock at the moment from which `sinceOrigin` counts. */
  readonly origin: number;
  /** With fractions; never goes back. */
  readonly sinceOrigin: () => number;
  /** The wall clock, corrected from outside, in whole milliseconds. */
  readonly wall: () => number;
}

/**
 * A clock of microseconds. It goes by the monotonic one, so that instants keep their order, and follows the wall clock
 * only when that has been set: by more than a second. Until the next step it then goes on as evenly as before.
 */
export function clockOf({ origin, sinceOrigin, wall }: TimeSource): Clock {
  let base = origin;
  return {
    now: () => {
      const since = sinceOrigin();
      const away = wall() - (base + since);
      if (Math.abs(away) > STEP_MS) base += Math.round(away);
      return Math.round((base + since) * 1_000);
    },
    monotonic: () => Math.round(sinceOrigin() * 1_000),
  };
}

/** The machine's clocks. */
export const systemClock: Clock = clockOf({
  origin: performance.timeOrigin,
  sinceOrigin: () => performance.now(),
  wall: () => Date.now(),
});
