import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseGpu } from '../../../src/core/price-book/gpu-name.ts';
import { LIST_PRICES } from '../../../src/core/price-book/list-prices.ts';
import { createPriceBook } from '../../../src/core/price-book/price-book.ts';
import { parsePriceId } from '../../../src/core/price-book/price-id.ts';
import { A100, SECOND } from '../../support/cost/records.ts';

const book = createPriceBook();
const NOW = 1_795_000_000 * SECOND;

describe('a GPU request', () => {
  test.each([
    ['H100', 'H100', null],
    ['H100!', 'H100', null],
    ['h100:8', 'H100', 8],
    ['H100!:4', 'H100', 4],
    ['B200+', 'B200', null],
    ['B200+:2', 'B200', 2],
    ['A100', 'A100-40GB', null],
    ['A100-80GB', 'A100-80GB', null],
    ['a100_80gb', 'A100-80GB', null],
    ['A10G', 'A10', null],
    ['RTX PRO 6000', 'RTX-PRO-6000', null],
  ])('%s is %s', (text, gpu, count) => {
    expect(parseGpu(text)).toEqual({ gpu, count });
  });

  test.each(['none', 'None', '', 'cpu'])('%j asks for no GPU', (text) => {
    expect(parseGpu(text)).toBeNull();
  });
});

describe('the price of a container', () => {
  test('of an A100-80GB alone is the list price to the pico-dollar', () => {
    expect(book.containerRate(A100, NOW)).toEqual({
      priceId: '694000000p/s A100-80GB:1 0cpu 0GiB any*1 pricing-page-2026-05-07',
      rate: 694_000_000,
      gpuCount: 1,
    });
  });

  test.each(LIST_PRICES.prices.filter(({ resource }) => resource === 'gpu'))(
    'knows $gpu',
    ({ gpu, picoUsdPerSecond }) => {
      expect(book.containerRate({ ...A100, gpu: gpu ?? '' }, NOW)?.rate).toBe(picoUsdPerSecond);
    },
  );

  test('multiplies the GPU by its count, wherever that is written', () => {
    const eight = { rate: 8 * 1_097_000_000, gpuCount: 8 };
    expect(book.containerRate({ ...A100, gpu: 'H100:8' }, NOW)).toMatchObject(eight);
    expect(book.containerRate({ ...A100, gpu: 'H100', gpuCount: 8 }, NOW)).toMatchObject(eight);
  });

  test('adds cores and memory, and the region multiplies the whole container', () => {
    const settings = { ...A100, cpuCores: 4, memoryGiB: 64, region: 'us' };
    expect(book.containerRate(settings, NOW)?.rate).toBe(
      ((694_000_000 + 4 * 13_100_000 + 64 * 2_220_000) * 115) / 100,
    );
  });

  test('of an unknown GPU is unknown, never 0', () => {
    expect(book.containerRate({ ...A100, gpu: 'B999' }, NOW)).toBeNull();
  });

  test('without a GPU is CPU and memory, three times that when non-preemptible', () => {
    const cpu = { ...A100, gpu: 'none', cpuCores: 0.125, memoryGiB: 0.125 };
    const rate = 0.125 * (13_100_000 + 2_220_000);
    expect(book.containerRate(cpu, NOW)).toMatchObject({ rate, gpuCount: 0 });
    expect(book.containerRate({ ...cpu, nonPreemptible: true }, NOW)?.rate).toBe(3 * rate);
  });

  test('ignores non-preemptible on a GPU function, which Modal does not offer', () => {
    const settings = { ...A100, cpuCores: 4 };
    expect(book.containerRate({ ...settings, nonPreemptible: true }, NOW)?.rate).toBe(
      book.containerRate(settings, NOW)?.rate,
    );
  });
});

describe('the region multiplier', () => {
  const at = (date: string) => Date.parse(date) * 1_000;
  test.each([
    ['any', '2025-10-18', 1_000],
    ['us', '2025-10-18', 1_250],
    ['us-east-1', '2025-10-18', 1_250],
    ['jp', '2025-10-18', 2_500],
    ['eu', '2026-07-01', 1_500],
    ['us-east', '2026-07-01', 1_750],
    ['us', '2026-10-06', 1_500],
    ['us', '2026-10-07', 1_150],
    ['us-east', '2026-11-01', 1_750],
    ['us, us-east', '2026-11-01', 1_750],
  ])('of %s on %s is %i thousandths', (region, date, thousandths) => {
    expect(book.regionMultiplier(region, at(date)).thousandths).toBe(thousandths);
  });
});

describe('other prices than the list', () => {
  const h100 = { resource: 'gpu', gpu: 'H100' } as const;
  const observed = {
    ...h100,
    picoUsdPerSecond: 1_097_222_222,
    effectiveFrom: NOW,
    source: 'rates',
  };

  test('read from the rates API hold from the instant of reading', () => {
    const withRates = createPriceBook({ observed: [observed] });
    const settings = { ...A100, gpu: 'H100' };
    expect(withRates.containerRate(settings, NOW - 1)?.rate).toBe(1_097_000_000);
    expect(withRates.containerRate(settings, NOW)?.rate).toBe(1_097_222_222);
    expect(withRates.containerRate(settings, NOW - 1)?.rate).toBe(1_097_000_000);
  });

  test('from the configuration win over every other and may be spelled as in the decorator', () => {
    const own = { ...h100, gpu: 'H100!', picoUsdPerSecond: 1, effectiveFrom: 0, source: 'config' };
    const both = createPriceBook({ observed: [observed], configured: { prices: [own] } });
    expect(both.containerRate({ ...A100, gpu: 'H100' }, NOW)?.rate).toBe(1);
  });

  test('give a GPU that the list does not know a price', () => {
    const own = { ...h100, gpu: 'B999', picoUsdPerSecond: 5, effectiveFrom: 0, source: 'config' };
    const withOwn = createPriceBook({ configured: { prices: [own] } });
    expect(withOwn.containerRate({ ...A100, gpu: 'B999' }, NOW)?.rate).toBe(5);
  });

  test('for one region pin leave the others alone', () => {
    const pin = { region: 'us-east', thousandths: 1_200, effectiveFrom: 0, source: 'config' };
    const withPin = createPriceBook({ configured: { regions: [pin] } });
    expect(withPin.regionMultiplier('us-east', NOW).thousandths).toBe(1_200);
    expect(withPin.regionMultiplier('us-west', NOW).thousandths).toBe(1_750);
  });
});

test('a price id gives back what was paid, whatever the list says later', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('none', 'T4', 'H100:8', 'A100', 'B200+:2'),
      fc.integer({ min: 0, max: 64 }),
      fc.integer({ min: 0, max: 2_000 }).map((gib) => gib / 8),
      fc.constantFrom('any', 'us', 'us, eu', 'ap-northeast-1'),
      (gpu, cpuCores, memoryGiB, region) => {
        const settings = { ...A100, gpu, cpuCores, memoryGiB, region };
        const rate = book.containerRate(settings, NOW);
        expect(rate && parsePriceId(rate.priceId)).toEqual(rate);
      },
    ),
  );
});

test('every shipped price names where it came from', () => {
  const { prices, regions, tokens } = LIST_PRICES;
  for (const { source } of [...prices, ...regions, ...tokens]) expect(source).toMatch(/20\d\d/);
});
