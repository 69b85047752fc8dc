import { MICROS_PER_SECOND } from '../units.ts';
import type { PriceEntry, RegionPriceEntry, TokenPriceEntry } from './price-entry.ts';

/** What tripmeter ships: Modal's public price list. */
export interface ListPrices {
  readonly prices: readonly PriceEntry[];
  readonly regions: readonly RegionPriceEntry[];
  readonly tokens: readonly TokenPriceEntry[];
}

const PAGE = 'pricing-page-2026-05-07';

/** 2026-05-07, 2026-06-01 and 2026-10-07, 00:00 UTC. */
const MID_2026 = 1_780_272_000 * MICROS_PER_SECOND;
const OCTOBER_2026 = 1_791_331_200 * MICROS_PER_SECOND;

/**
 * The page gives dollars per second with six decimals. It read the same on 2026-05-07, 2026-07-01,
 * 2026-09-01 and 2026-10-07. No other figure is known for earlier instants, so these hold from the
 * beginning. `modal billing rates` gives dollars per hour, which differ by up to 0.4 %: where that is
 * read, its prices take over from the instant of reading.
 */
const GPU_PICO_PER_SECOND = {
  B300: 1_972_000_000,
  B200: 1_736_000_000,
  H200: 1_261_000_000,
  H100: 1_097_000_000,
  'RTX-PRO-6000': 842_000_000,
  'A100-80GB': 694_000_000,
  'A100-40GB': 583_000_000,
  L40S: 542_000_000,
  A10: 306_000_000,
  L4: 222_000_000,
  T4: 164_000_000,
} as const;

const gpuPrices: readonly PriceEntry[] = Object.entries(GPU_PICO_PER_SECOND).map(
  ([gpu, picoUsdPerSecond]) => ({
    resource: 'gpu',
    gpu,
    picoUsdPerSecond,
    effectiveFrom: 0,
    source: PAGE,
  }),
);

const region = (name: string, thousandths: number, effectiveFrom: number, source: string) => ({
  region: name,
  thousandths,
  effectiveFrom,
  source,
});

export const LIST_PRICES: ListPrices = {
  prices: [
    ...gpuPrices,
    {
      resource: 'cpu',
      gpu: null,
      picoUsdPerSecond: 13_100_000,
      effectiveFrom: 0,
      source: PAGE,
    },
    {
      resource: 'memory',
      gpu: null,
      picoUsdPerSecond: 2_220_000,
      effectiveFrom: 0,
      source: PAGE,
    },
  ],
  // The documentation of 2025 knew no narrow class: a zone cost what its continent cost.
  regions: [
    region('broad', 1_250, 0, 'region-docs-2025'),
    region('narrow', 1_250, 0, 'region-docs-2025'),
    region('other', 2_500, 0, 'region-docs-2025'),
    region('broad', 1_500, MID_2026, 'region-docs-mid-2026'),
    region('narrow', 1_750, MID_2026, 'region-docs-mid-2026'),
    region('other', 1_750, MID_2026, 'region-docs-mid-2026'),
    region('broad', 1_150, OCTOBER_2026, 'notes-2026-10-07'),
    region('narrow', 1_750, OCTOBER_2026, 'notes-2026-10-07'),
    region('other', 1_750, OCTOBER_2026, 'notes-2026-10-07'),
  ],
  // Dollars per million tokens: 3.00 in, 0.30 cached, 15.00 out.
  tokens: [
    {
      model: 'kimi-k3',
      inputPicoUsd: 3_000_000,
      cachedPicoUsd: 300_000,
      outputPicoUsd: 15_000_000,
      effectiveFrom: 0,
      source: 'supported-models-2026-11',
    },
  ],
};

/** Non-preemptible containers: factor on CPU and memory. Modal does not offer it for GPU functions. */
export const NON_PREEMPTIBLE_FACTOR = 3;
