import { NANO_PER_USD, type NanoUsd } from '../../src/core/units.ts';

/** A threshold as its key names it: dollars, e.g. `500` or `0.0065`. */
export function thresholdSubject(threshold: NanoUsd): string {
  return String(threshold / NANO_PER_USD);
}
