import { describe, expect, test } from 'vitest';
import { createPriceBook } from '../../../src/core/price-book/price-book.ts';
import { provisionalCost } from '../../../src/core/provisional-cost.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { A100, closedRequest, SECOND } from '../../support/cost/records.ts';

const book = createPriceBook();
const price = (closed: ClosedRequest, settings = A100) => provisionalCost(closed, settings, book);

describe('the provisional cost', () => {
  test('of ten seconds alone is ten seconds, and at most the whole idle tail more', () => {
    expect(price(closedRequest([0, 10]))).toEqual({
      costState: 'provisional',
      attribution: 'inferred',
      priceId: '694000000p/s A100-80GB:1 0cpu 0GiB any*1 pricing-page-2026-05-07',
      gpuUs: 10 * SECOND,
      execNano: 6_940_000,
      overheadNano: null,
      totalNano: null,
      lowNano: 6_940_000,
      highNano: 48_580_000,
    });
  });

  test('is the share of the container that the proxy saw', () => {
    const cost = price(closedRequest([0, 10], { execEstimateUs: 7.5 * SECOND }));
    expect(cost).toMatchObject({ execNano: 5_205_000, gpuUs: 7.5 * SECOND, highNano: 48_580_000 });
  });

  test.each([
    ['a wait before the work', { queueUs: 7 * SECOND }, 3],
    ['the length of the work', { generationUs: 2 * SECOND }, 2],
    ['both: the shorter', { queueUs: 7 * SECOND, generationUs: 2 * SECOND }, 2],
    ['more work than there was time', { generationUs: 99 * SECOND }, 10],
    ['a longer wait than there was time', { queueUs: 99 * SECOND }, 0],
    [
      'the age of a container that came with it',
      { coldStart: true, containerAgeUs: 4 * SECOND, firstByteUs: 9 * SECOND },
      6,
    ],
    [
      'an age that began before the request',
      { coldStart: true, containerAgeUs: 40 * SECOND, firstByteUs: 9 * SECOND },
      10,
    ],
  ])('charges no queue and no boot when the upstream tells %s', (_, claims, seconds) => {
    expect(price(closedRequest([0, 10], claims)).execNano).toBe(seconds * 694_000);
  });

  test('counts GPU-seconds of every GPU', () => {
    const cost = price(closedRequest([0, 3]), { ...A100, gpu: 'H100:8' });
    expect(cost).toMatchObject({ gpuUs: 24 * SECOND, execNano: 3 * 8 * 1_097_000 });
  });

  test('of a request that Modal refused at its edge is 0 at a known price', () => {
    const cost = price(
      closedRequest([0, 1], { paid: 'no', outcome: 'upstream_error', status: 429 }),
    );
    expect(cost).toMatchObject({ costState: 'settled', gpuUs: 0, execNano: 0, totalNano: 0 });
    expect(cost.priceId).not.toBeNull();
  });

  test.each([
    ['408 from the container', { outcome: 'upstream_error', status: 408 } as const],
    ['a function timeout', { outcome: 'upstream_error', status: 500 } as const],
    ['HTTP 200 with an error', { outcome: 'app_error', status: 200 } as const],
  ])('of %s is GPU time like any other', (_, end) => {
    expect(price(closedRequest([0, 10], end)).execNano).toBe(6_940_000);
  });

  test('goes on to the upstream’s end when the client has left', () => {
    const left = { outcome: 'client_abort', execEstimateUs: 9 * SECOND } as const;
    const cost = price(closedRequest([0, 4], { ...left, upstreamEndUs: 9 * SECOND }));
    expect(cost.execNano).toBe(9 * 694_000);
  });

  test('of a request that was never sent is 0', () => {
    const cost = price(
      closedRequest([0, 1], { paid: 'unknown', sentUs: null, execEstimateUs: null }),
    );
    expect(cost).toMatchObject({ execNano: 0, gpuUs: 0 });
  });

  test('on an unknown GPU is null and counted as unpriced, with its GPU time', () => {
    expect(price(closedRequest([0, 10]), { ...A100, gpu: 'B999:2' })).toMatchObject({
      costState: 'unpriced',
      priceId: null,
      gpuUs: 20 * SECOND,
      execNano: null,
      totalNano: null,
      highNano: null,
    });
  });

  test('of a CPU endpoint has money but no GPU time', () => {
    const cost = price(closedRequest([0, 10]), { ...A100, gpu: 'none', cpuCores: 1 });
    expect(cost).toMatchObject({ gpuUs: 0, execNano: 131_000 });
  });

  test('is observed when the container said who it is', () => {
    expect(price(closedRequest([0, 1], { containerId: 'ta-1' })).attribution).toBe('observed');
  });
});

describe('a shared endpoint', () => {
  const shared = { ...A100, pricing: 'tokens' } as const;
  const tokens = {
    model: 'moonshotai/Kimi-K3',
    tokensIn: 1_000,
    tokensOut: 200,
    tokensCached: 400,
  };

  test('is billed by input, cached input and output, and has no GPU time', () => {
    expect(price(closedRequest([0, 10], tokens), shared)).toMatchObject({
      costState: 'settled',
      gpuUs: null,
      priceId: 'tokens kimi-k3 3000000/300000/15000000p supported-models-2026-11',
      execNano: 600 * 3_000 + 400 * 300 + 200 * 15_000,
      totalNano: 4_920_000,
      overheadNano: 0,
    });
  });

  test.each([
    ['an unknown model', { ...tokens, model: 'gpt-9' }],
    ['no model', { ...tokens, model: null }],
    ['unknown tokens', { ...tokens, tokensOut: null }],
  ])('with %s is unpriced', (_, claims) => {
    expect(price(closedRequest([0, 10], claims), shared)).toMatchObject({
      costState: 'unpriced',
      totalNano: null,
    });
  });

  test('rounds half up to the nano-dollar', () => {
    const one = { ...tokens, tokensIn: 1, tokensCached: 1, tokensOut: 0 };
    expect(price(closedRequest([0, 1], one), shared).execNano).toBe(300);
  });
});
