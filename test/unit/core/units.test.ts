import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { costOf, parseUsd, usdString } from '../../../src/core/units.ts';

describe('costOf', () => {
  test('prices ten seconds of an A100-80GB at list price to the nano-dollar', () => {
    expect(costOf(694_000_000, 10_000_000)).toBe(6_940_000);
  });
  test('rounds half up below a nano-dollar', () => {
    expect(costOf(1_500, 1_000_000)).toBe(2);
    expect(costOf(1_499, 1_000_000)).toBe(1);
  });
  test('stays exact beyond the range of a double product', () => {
    expect(costOf(27_608_000_000, 3_600_000_001)).toBe(99_388_800_028);
  });
});

describe('amounts as text', () => {
  test.each([
    ['0', 0],
    ['0.0065', 6_500_000],
    ['500', 500_000_000_000],
    ['.5', 500_000_000],
    ['-1.25', -1_250_000_000],
    ['0.0000000005', 1],
    ['0.00000000049', 0],
    ['1e-3', 1_000_000],
    ['2.5E2', 250_000_000_000],
  ])('reads %s dollars', (text, nano) => {
    expect(parseUsd(text)).toBe(nano);
  });
  test.each(['', '.', 'abc', '1,000', '$5', '1.2.3', 'Infinity'])('refuses %j', (text) => {
    expect(() => parseUsd(text)).toThrow(RangeError);
  });
  test('text and nano-dollars are two forms of one figure', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (nano) => {
        expect(parseUsd(usdString(nano))).toBe(nano);
      }),
    );
  });
});
