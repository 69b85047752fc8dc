import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apportion } from '../../../src/core/apportion.ts';
import { cellCost, splitSession } from '../../../src/core/session-cost.ts';

describe('a split of money', () => {
  test.each([
    ['nothing to nobody', 0, [], []],
    ['all to the only one', 7, [3], [7]],
    ['equal parts, the odd unit to the earlier', 10, [1, 1, 1], [4, 3, 3]],
    ['by weight, units to the largest remainders', 10, [1, 2, 4], [1, 3, 6]],
    ['nothing to a weight of 0', 5, [0, 1], [0, 5]],
    ['equal parts when all weights are 0', 3, [0, 0], [2, 1]],
    ['a negative amount like its opposite', -10, [1, 1, 1], [-4, -3, -3]],
  ])('gives %s', (_, total, weights, parts) => {
    expect(apportion(total, weights)).toEqual(parts);
  });

  test('sums to the whole and is within a unit of the exact share', () => {
    const amount = fc.integer({ min: 0, max: 9_000_000_000_000_000 });
    const weights = fc.array(fc.integer({ min: 0, max: 4_000_000_000_000 }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(amount, weights, (total, list) => {
        const parts = apportion(total, list);
        expect(parts.reduce((sum, part) => sum + BigInt(part), 0n)).toBe(BigInt(total));
        const sum = list.reduce((all, weight) => all + BigInt(weight), 0n);
        parts.forEach((part, index) => {
          const exact = BigInt(total) * BigInt(list[index] ?? 0);
          const off = BigInt(part) * sum - exact;
          if (sum > 0n) expect(off > -sum && off < sum).toBe(true);
        });
      }),
    );
  });
});

test('hours of a session sum to the session, whatever they are cut into', () => {
  const time = fc.integer({ min: 0, max: 3_600_000_000 });
  const cell = fc.record({
    busyUs: time,
    coldUs: time,
    idleUs: time,
    failed: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30_000_000_000 }), fc.array(cell), (rate, cells) => {
      let before = 0;
      let nano = 0;
      for (const { failed, ...times } of cells) {
        const cost = cellCost(rate, before, { ...times, failedUs: times.busyUs * failed });
        before += times.busyUs + times.coldUs + times.idleUs;
        nano += cost.busyNano + cost.failedNano + cost.coldNano + cost.idleNano;
        expect(
          Math.min(cost.busyNano, cost.failedNano, cost.coldNano, cost.idleNano),
        ).toBeGreaterThanOrEqual(0);
      }
      const whole = (BigInt(rate) * BigInt(before) + 500_000_000n) / 1_000_000_000n;
      expect(BigInt(nano)).toBe(whole);
    }),
  );
});

test('requests of a session get all of its money', () => {
  const shares = splitSession(10, 11, [1, 1, 1]);
  expect(shares).toEqual([
    { execNano: 4, overheadNano: 4 },
    { execNano: 3, overheadNano: 4 },
    { execNano: 3, overheadNano: 3 },
  ]);
});
