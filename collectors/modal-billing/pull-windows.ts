import { BILL_FINAL_AFTER_US } from '../../src/core/billing-row.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type Micros,
} from '../../src/core/units.ts';

/** `h` or `d`: the two intervals that Modal's report knows, both aligned to UTC. */
export type BillingResolution = 'h' | 'd';

/** A half-open stretch of time. */
export interface PullWindow {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

export function intervalOf(resolution: BillingResolution): Micros {
  return resolution === 'h' ? MICROS_PER_HOUR : MICROS_PER_DAY;
}

/**
 * What to ask for: from the last complete pull, or `since` when there was none, but at least the last
 * 48 hours again since they may have changed, to the last full interval. Cut at UTC days, so that a failure loses one day's answer and
 * no more. Empty when no interval has passed.
 */
export function pullWindows(options: {
  readonly now: EpochMicros;
  readonly resolution: BillingResolution;
  /** End of the last window that was stored; `null` at the first pull. */
  readonly completeUntil: EpochMicros | null;
  /** How far back the first pull goes. */
  readonly since: EpochMicros;
}): PullWindow[] {
  const interval = intervalOf(options.resolution);
  const to = floorTo(options.now, interval);
  const known = options.completeUntil ?? options.since;
  const from = floorTo(Math.min(known, options.now - BILL_FINAL_AFTER_US), interval);
  const windows: PullWindow[] = [];
  for (let start = from; start < to; ) {
    const end = Math.min(floorTo(start, MICROS_PER_DAY) + MICROS_PER_DAY, to);
    windows.push({ from: start, to: end });
    start = end;
  }
  return windows;
}

function floorTo(instant: EpochMicros, step: Micros): EpochMicros {
  return Math.floor(instant / step) * step;
}
