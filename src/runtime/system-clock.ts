import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports/clock.ts';

/** The machine's clocks, in microseconds. */
export const systemClock: Clock = {
  now: () => Math.round((performance.timeOrigin + performance.now()) * 1_000) + wallClockStep(),
  monotonic: () => Math.round(performance.now() * 1_000),
};

/**
 * `performance.timeOrigin` is fixed at process start; `Date.now` follows corrections of the wall clock.
 * The difference is taken over only when it is a step (above a second), so that within a process
 * instants keep microseconds and order.
 */
function wallClockStep(): number {
  const difference = Date.now() - (performance.timeOrigin + performance.now());
  return Math.abs(difference) > 1_000 ? Math.round(difference) * 1_000 : 0;
}
