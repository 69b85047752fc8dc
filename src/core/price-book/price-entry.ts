import type { EpochMicros, PicoUsdPerSecond } from '../units.ts';

/** Price of one unit of a resource from an instant on: one GPU, one physical core, one GiB of memory. */
export interface PriceEntry {
  readonly resource: 'gpu' | 'cpu' | 'memory';
  /** Canonical GPU name, see `parseGpu`; `null` for CPU and memory. */
  readonly gpu: string | null;
  readonly picoUsdPerSecond: PicoUsdPerSecond;
  readonly effectiveFrom: EpochMicros;
  /** Whose figure this is and of what date, e.g. `pricing-page-2026-05-07`. */
  readonly source: string;
}

/** What a region costs from an instant on, as a factor on the whole container. */
export interface RegionPriceEntry {
  /** `broad`, `narrow` or `other` (see `regionClassOf`), or the exact text of a region pin. */
  readonly region: string;
  /** Thousandths: 1150 is ×1.15. */
  readonly thousandths: number;
  readonly effectiveFrom: EpochMicros;
  readonly source: string;
}

/** Price of a shared endpoint's model, which is billed by tokens and not by GPU time. */
export interface TokenPriceEntry {
  /** Canonical model name, see `modelKeyOf`. */
  readonly model: string;
  readonly inputPicoUsd: number;
  /** Input tokens served from the prompt cache. */
  readonly cachedPicoUsd: number;
  readonly outputPicoUsd: number;
  readonly effectiveFrom: EpochMicros;
  readonly source: string;
}

/** The newest of `entries` that holds at `at`; of two with one date the later in the list. */
export function inForceAt<Entry extends { readonly effectiveFrom: EpochMicros }>(
  entries: readonly Entry[],
  at: EpochMicros,
): Entry | null {
  let found: Entry | null = null;
  for (const entry of entries) {
    if (entry.effectiveFrom > at) continue;
    if (found === null || entry.effectiveFrom >= found.effectiveFrom) found = entry;
  }
  return found;
}
