import type { EpochMicros, Micros } from '../../../src/core/units.ts';
import type { Clock } from '../../../src/ports/clock.ts';

export interface StepClock extends Clock {
  advance(by: Micros): void;
}

/** Time that stands still until it is moved. */
export function stepClock(start: EpochMicros): StepClock {
  let passed = 0;
  return {
    now: () => start + passed,
    monotonic: () => passed,
    advance: (by) => {
      passed += by;
    },
  };
}
