import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import {
  breakEven,
  costAt,
  linearCurve,
  multiCloudCurve,
  project,
} from '../../../src/core/projection.ts';

const settings = DEFAULT_ALERT_SETTINGS.decision.projection;
const usd = (amount: number) => Math.round(amount * 1e9);

describe("the report's appendix B", () => {
  test.each([
    [10_000, 65, 190],
    [100_000, 650, 540],
    [1_000_000, 6_500, 3_140],
  ])(
    '%i requests a month cost $%i on Modal and $%i on the multi-cloud',
    (requests, modal, multi) => {
      const row = project(requests, null, settings).rows[0];
      expect(row).toEqual({
        requests,
        modalNano: null,
        modalLinearNano: usd(modal),
        multiCloudNano: usd(multi),
      });
    },
  );

  test('breaks even at 57,873 requests a month', () => {
    expect(project(0, null, settings).linearBreakEvenRequests).toBe(57_873);
  });

  test('pays 400 hours back in 12 months only above a million requests', () => {
    const million = project(1_000_000, null, settings);
    expect(million.oneTimeNano).toBe(usd(40_000));
    expect(million.monthlySavingNano).toBe(usd(3_360));
    expect(million.paybackMonths).toBeCloseTo(11.9, 1);
    expect(project(100_000, null, settings).paybackMonths).toBeCloseTo(363.6, 1);
    expect(project(10_000, null, settings).paybackMonths).toBeNull();
  });
});

describe('project', () => {
  test('measures Modal by its curve where there is one', () => {
    const measured = [
      { requests: 0, nano: usd(100) },
      { requests: 50_000, nano: usd(1_100) },
    ];
    const projection = project(25_000, measured, settings);
    expect(projection.rows[0]?.modalNano).toBe(usd(600));
    expect(projection.breakEvenRequests).not.toBe(projection.linearBreakEvenRequests);
  });

  test('shows what half and one and a half of volume and price would do', () => {
    const { sensitivity } = project(100_000, null, settings);
    expect(sensitivity).toHaveLength(9);
    expect(sensitivity.find((row) => row.volumeFactor === 0.5 && row.priceFactor === 1.5)).toEqual({
      volumeFactor: 0.5,
      priceFactor: 1.5,
      modalNano: usd(487.5),
      multiCloudNano: costAt(multiCloudCurve(settings), 50_000),
      paybackMonths: usd(40_000) / (usd(487.5) - costAt(multiCloudCurve(settings), 50_000)),
    });
  });
});

describe('breakEven', () => {
  test('is the first whole volume at which the alternative costs no more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000_000 }),
        fc.integer({ min: 0, max: 500 }),
        (perRequest, fixed) => {
          const current = linearCurve(perRequest);
          const alternative = multiCloudCurve({
            ...settings,
            fixed: [{ name: 'x', nano: usd(fixed) }],
          });
          const volume = breakEven(current, alternative);
          if (volume === null) {
            expect(costAt(alternative, 1e8)).toBeGreaterThan(costAt(current, 1e8));
          } else {
            expect(costAt(alternative, volume) - costAt(current, volume)).toBeLessThanOrEqual(1);
            if (volume > 1) {
              expect(costAt(alternative, volume - 1)).toBeGreaterThanOrEqual(
                costAt(current, volume - 1) - 1,
              );
            }
          }
        },
      ),
    );
  });
  test('does not exist where the alternative always costs more', () => {
    expect(breakEven(linearCurve(1), multiCloudCurve(settings))).toBeNull();
  });
  test('is the first request where the alternative is always cheaper', () => {
    expect(breakEven([{ requests: 0, nano: usd(9) }], [{ requests: 0, nano: usd(1) }])).toBe(1);
  });
  test('an empty curve costs nothing', () => {
    expect(costAt([], 5)).toBe(0);
  });
});
