import { z } from 'zod';
import { parseGpu } from '../../core/price-book/gpu-name.ts';
import type { ListPrices } from '../../core/price-book/list-prices.ts';
import type { PriceEntry } from '../../core/price-book/price-entry.ts';
import { modelKeyOf } from '../../core/price-book/token-price.ts';
import type { EpochMicros } from '../../core/units.ts';
import { calendarDay, startOfCalendarDay } from '../calendar-day.ts';

const SOURCE = 'configuration';
const PICO_PER_USD = 1e12;
const SECONDS_PER_HOUR = 3_600;

const amount = z
  .number({ error: 'write dollars as a plain number' })
  .min(0, 'dollars cannot be negative')
  .max(10_000, 'at most 10,000 dollars');

const from = calendarDay.optional().describe('From this UTC day on; always by default.');

const rate = z
  .strictObject({ usdPerHour: amount.optional(), usdPerSecond: amount.optional(), from })
  .refine((price) => (price.usdPerHour === undefined) !== (price.usdPerSecond === undefined), {
    error: 'write either usdPerHour or usdPerSecond',
  });

const tokenRate = z.strictObject({
  inputUsdPerMillion: amount,
  cachedUsdPerMillion: amount.optional().describe('Default: as other input.'),
  outputUsdPerMillion: amount,
  from,
});

export const priceKeys = {
  prices: z
    .strictObject({
      gpu: z
        .record(z.string().min(1), rate)
        .default({})
        .describe('By GPU type, e.g. { H100: { usdPerHour: 3.20 } }.'),
      cpuCore: rate.optional(),
      memoryGiB: rate.optional(),
      regions: z
        .record(z.string().min(1), z.number().min(0.1).max(100))
        .default({})
        .describe('Factor by region pin, or for broad, narrow, other: { us: 1.25 }.'),
      tokens: z.record(z.string().min(1), tokenRate).default({}).describe('By model.'),
    })
    .prefault({})
    .describe('Prices of your contract: they win over the list.'),
};

type PriceInput = z.output<typeof priceKeys.prices>;

export function configuredPrices(input: PriceInput): ListPrices {
  const prices: PriceEntry[] = Object.entries(input.gpu).map(([name, price]) =>
    priceEntry('gpu', parseGpu(name)?.gpu ?? name, price),
  );
  if (input.cpuCore !== undefined) prices.push(priceEntry('cpu', null, input.cpuCore));
  if (input.memoryGiB !== undefined) prices.push(priceEntry('memory', null, input.memoryGiB));
  return {
    prices,
    regions: Object.entries(input.regions).map(([region, factor]) => ({
      region,
      thousandths: Math.round(factor * 1_000),
      effectiveFrom: 0,
      source: SOURCE,
    })),
    tokens: Object.entries(input.tokens).map(([model, price]) => ({
      model: modelKeyOf(model),
      inputPicoUsd: perToken(price.inputUsdPerMillion),
      cachedPicoUsd: perToken(price.cachedUsdPerMillion ?? price.inputUsdPerMillion),
      outputPicoUsd: perToken(price.outputUsdPerMillion),
      effectiveFrom: instantOf(price.from),
      source: SOURCE,
    })),
  };
}

function priceEntry(
  resource: PriceEntry['resource'],
  gpu: string | null,
  price: z.output<typeof rate>,
): PriceEntry {
  const perSecond = price.usdPerSecond ?? (price.usdPerHour ?? 0) / SECONDS_PER_HOUR;
  return {
    resource,
    gpu,
    picoUsdPerSecond: Math.round(perSecond * PICO_PER_USD),
    effectiveFrom: instantOf(price.from),
    source: SOURCE,
  };
}

/** A dollar for a million tokens is a million pico-dollars for one. */
function perToken(usdPerMillion: number): number {
  return Math.round(usdPerMillion * 1e6);
}

function instantOf(day: string | undefined): EpochMicros {
  return day === undefined ? 0 : startOfCalendarDay(day, 'UTC');
}
