import { describe, expect, test } from 'vitest';
import { priceListOf } from '../../../collectors/modal-rates/price-list.ts';

const SEEN_AT = Date.parse('2026-11-20T10:00:00Z') * 1_000;
const list = (rates: Record<string, string>) =>
  priceListOf({ rates, deprecationWarnings: {}, deprecationErrors: {} }, SEEN_AT);

describe('prices out of Modal’s rates', () => {
  test.each([
    ['gpu_hour_cost_b300', '7.10', 'B300', 1_972_222_222],
    ['gpu_hour_cost_h100', '3.95', 'H100', 1_097_222_222],
    ['gpu_hour_cost_a100_80gb', '2.50', 'A100-80GB', 694_444_444],
    ['gpu_hour_cost_rtx6000', '3.03', 'RTX-PRO-6000', 841_666_667],
    ['gpu_hour_cost_a10g', '1.10', 'A10', 305_555_556],
    ['gpu_hour_cost_q9_xl', '36', 'Q9-XL', 10_000_000_000],
  ])('%s at %s dollars an hour prices %s at %i pico-dollars a second', (key, usd, gpu, pico) => {
    expect(list({ [key]: usd }).prices).toEqual([
      {
        resource: 'gpu',
        gpu,
        usdPerHour: usd,
        picoUsdPerSecond: pico,
        effectiveFrom: SEEN_AT,
        source: `modal-rates:${key}`,
      },
    ]);
  });

  test('CPU is by the physical core and memory by the GiB', () => {
    const { prices } = list({ cpu_hour_cost: '0.0473', mem_gib_hour_cost: '0.0080' });
    expect(prices.map((price) => [price.resource, price.gpu, price.picoUsdPerSecond])).toEqual([
      ['cpu', null, 13_138_889],
      ['memory', null, 2_222_222],
    ]);
  });

  test('what no rule knows is shown and not guessed', () => {
    const { prices, unrecognised } = list({
      cpu_hour_cost_sandbox: '0.1419',
      volume_gib_month_cost: '0.09',
      gpu_hour_cost_h100: 'ask sales',
    });
    expect(prices).toEqual([]);
    expect(unrecognised).toEqual([
      'cpu_hour_cost_sandbox=0.1419',
      'volume_gib_month_cost=0.09',
      'gpu_hour_cost_h100=ask sales',
    ]);
  });

  test('deprecation notices are passed on', () => {
    const { warnings } = priceListOf(
      { rates: {}, deprecationWarnings: { a: 'soon' }, deprecationErrors: { b: 'gone' } },
      SEEN_AT,
    );
    expect(warnings).toEqual(['a: soon', 'b: gone']);
  });
});
