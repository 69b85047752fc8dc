import type { Micros } from '../units.ts';

/**
 * The clock by which a container's time is shared: while n requests run it advances by Δt ÷ n, so the
 * share of a request is the difference of two readings, whoever came and went meanwhile.
 *
 * A reading is whole microseconds plus a fraction in units of 1 ÷ `FRACTIONS`. That is the least common
 * multiple of 1 … 36, so up to 36 requests at a time every step is exact; beyond, a step loses less than
 * 1e-14 microseconds, and what is lost comes back at the end of the busy period.
 */
export const FRACTIONS = 144_403_552_893_600;

const TABLE_SIZE = 1_025;
const PER_SHARE = Float64Array.from({ length: TABLE_SIZE }, (_, n) =>
  n === 0 ? 0 : Math.floor(FRACTIONS / n),
);

/** What one of `running` requests gets of a remainder of 1 microsecond, in fractions. */
function fractionOf(running: number): number {
  return running < TABLE_SIZE ? (PER_SHARE[running] as number) : Math.floor(FRACTIONS / running);
}

export interface Reading {
  whole: Micros;
  fraction: number;
}

/** Advances `clock` by `elapsed` shared among `running`. */
export function advanceClock(clock: Reading, elapsed: Micros, running: number): void {
  const share = Math.floor(elapsed / running);
  clock.whole += share;
  const rest = elapsed - share * running;
  if (rest === 0) return;
  clock.fraction += rest * fractionOf(running);
  if (clock.fraction >= FRACTIONS) {
    clock.fraction -= FRACTIONS;
    clock.whole += 1;
  }
}
