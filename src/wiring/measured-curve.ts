import type { Config } from '../config/config.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type { CostCurve } from '../core/projection.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../core/units.ts';
import { measuredCostCurve } from '../cost/cost-curve.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { windowOfRequests } from '../ledger/queries/requests-window.ts';
import type { Clock } from '../ports/clock.ts';

/** Modal's cost by volume as it was measured; `null`: too little is on record. */
export type MeasuredCurve = () => Promise<CostCurve | null>;

export interface MeasuredCurveParts {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly priceBook: PriceBook;
  readonly clock: Clock;
}

/** A replay takes a second, and a day changes a month's curve but little. */
const FRESH_US = 6 * MICROS_PER_HOUR;
const LONGEST_US = 30 * MICROS_PER_DAY;
/** So many requests are replayed at most: the newest. */
const MOST_REQUESTS = 20_000;

/** The curve of the last 30 days, or of the newest of them where they are very full; replayed every six hours. */
export function createMeasuredCurve(parts: MeasuredCurveParts): MeasuredCurve {
  const { ledger, config, priceBook, clock } = parts;
  let kept: { readonly at: number; readonly curve: Promise<CostCurve | null> } | null = null;
  const replay = async (now: number) => {
    const window = await windowOfRequests(ledger.db, {
      from: now - LONGEST_US,
      to: now,
      most: MOST_REQUESTS,
    });
    return window === null
      ? null
      : measuredCostCurve({ ledger, endpoints: config.endpoints, priceBook }, window);
  };
  return () => {
    const now = clock.now();
    if (kept === null || Math.abs(now - kept.at) >= FRESH_US) {
      const curve = replay(now);
      kept = { at: now, curve };
      // What failed is tried again by whoever asks next.
      curve.catch(() => {
        kept = null;
      });
    }
    return kept.curve;
  };
}
