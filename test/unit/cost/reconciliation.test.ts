import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  BilledHour,
  ReconciliationInput,
} from '../../../src/core/reconciliation/bill-diagnosis.ts';
import { diagnoseBill, replayMayTell } from '../../../src/core/reconciliation/diagnose-bill.ts';
import { MICROS_PER_HOUR } from '../../../src/core/units.ts';

const START = Date.UTC(2026, 10, 16) * 1_000;
const DOLLAR = 1_000_000_000;

/** A day of hours, each with another amount, whose bill is what the model says. */
const HOURS: readonly BilledHour[] = Array.from({ length: 24 }, (_, index) => {
  const modelledNano = (1 + ((index * 7) % 5)) * DOLLAR;
  return {
    start: START + index * MICROS_PER_HOUR,
    intervalUs: MICROS_PER_HOUR,
    billedNano: modelledNano,
    billedHostNano: 0,
    modelledNano,
    modelledHostNano: 0,
    unpricedUs: 0,
  };
});

const INPUT: ReconciliationInput = {
  hours: HOURS,
  multiplier: 1_000,
  pins: [
    { name: 'any', thousandths: 1_000 },
    { name: 'us', thousandths: 1_150 },
  ],
  gpuCount: 1,
  otherGpus: [
    { name: 'H100', factor: 1_097 / 694 },
    { name: 'H200', factor: 1.15 },
  ],
  billedGpu: null,
  unpricedGpus: [],
  endpoints: [{ name: 'generate', scaledownWindowSeconds: 120, maxInputs: 4, minContainers: 0 }],
  replay: null,
};

const billed = (factor: (index: number) => number, input: Partial<ReconciliationInput> = {}) =>
  diagnoseBill({
    ...INPUT,
    hours: HOURS.map((hour, index) => ({
      ...hour,
      billedNano: Math.round(hour.modelledNano * factor(index)),
    })),
    ...input,
  });

describe('the diagnosis', () => {
  test('of noise below 3 % is that model and bill agree, whatever its shape', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -29, max: 29 }), { minLength: 24, maxLength: 24 }),
        (noise) => {
          expect(billed((index) => 1 + (noise[index] ?? 0) / 1_000).diagnosis).toBe('agrees');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('of a factor is the region before the GPU that costs the same, unless the bill names the GPU', () => {
    const found = billed(() => 1.15);
    expect(found.diagnosis).toBe('region_pin');
    expect(found.explanation).toMatch(/price of region us.* Or: The bill fits the price of H200/);
    expect(billed(() => 1.15, { billedGpu: 'H200' }).diagnosis).toBe('gpu_type');
  });

  test('of a factor that nothing else has is a price', () => {
    expect(billed(() => 1.08)).toMatchObject({ diagnosis: 'price', scaleRequests: true });
    expect(billed(() => 0.9).explanation).toContain('0.900 times');
  });

  test('of a price that holds from an instant on names the instant', () => {
    const found = billed((index) => (index < 10 ? 1 : 1.3));
    expect(found).toMatchObject({ diagnosis: 'price', explainedThousandths: 1_000 });
    expect(found.explanation).toContain('From 2026-11-16T10:00:00');
  });

  test('of three hours is no price, since so few fit any factor', () => {
    const hours = HOURS.slice(0, 3).map((hour) => ({
      ...hour,
      billedNano: hour.modelledNano * 1.3,
    }));
    expect(diagnoseBill({ ...INPUT, hours }).diagnosis).toBe('outside_traffic');
  });

  test('of dollars on top, here and there, is traffic of others', () => {
    const found = billed((index) => (index % 3 === 0 ? 1.6 : 1));
    expect(found).toMatchObject({ diagnosis: 'outside_traffic', scaleRequests: false });
    expect(found.explainedThousandths).toBe(1_000);
  });

  test('of what no setting explains says so', () => {
    const found = billed((index) => (index % 2 === 0 ? 3 : 0.2));
    expect(found).toMatchObject({ diagnosis: 'unexplained', scaleRequests: false });
  });

  test('of containers without a price gives the price that the bill implies', () => {
    const hours = HOURS.map((hour, index) => ({
      ...hour,
      modelledNano: 0,
      billedNano: (index + 1) * DOLLAR,
      unpricedUs: ((index + 1) * MICROS_PER_HOUR) / 4,
    }));
    const found = diagnoseBill({ ...INPUT, hours, unpricedGpus: ['B999'] });
    expect(found).toMatchObject({ diagnosis: 'unpriced', explainedThousandths: 1_000 });
    expect(found.explanation).toMatch(/B999.*\$4\.00 per container-hour/);
  });

  test('of containers without a price stays that when something else is wrong as well', () => {
    const hours = HOURS.map((hour, index) => ({
      ...hour,
      billedNano: hour.modelledNano * (index % 2 === 0 ? 5 : 1),
      unpricedUs: MICROS_PER_HOUR,
    }));
    const found = diagnoseBill({ ...INPUT, hours, unpricedGpus: ['B999'] });
    expect(found.diagnosis).toBe('unpriced');
    expect(found.explainedThousandths).toBeLessThan(950);
  });

  test('of a bill that is not there is that it is late; of nothing at all, that both agree', () => {
    const hours = HOURS.map((hour) => ({ ...hour, billedNano: null }));
    expect(diagnoseBill({ ...INPUT, hours })).toMatchObject({
      diagnosis: 'report_late',
      missing: 24,
    });
    expect(diagnoseBill({ ...INPUT, hours: [] })).toMatchObject({
      diagnosis: 'agrees',
      missing: 0,
    });
  });
});

describe('a replay under other settings', () => {
  const window = (factor: number): Partial<ReconciliationInput> => ({
    // A window of 600 s makes every second hour dearer; a shorter one in proportion.
    replay: ({ scaledownWindowSeconds = 120 }) =>
      new Map(
        HOURS.map(({ start, modelledNano }, index) => {
          const more = index % 2 === 0 ? ((scaledownWindowSeconds - 120) / 480) * factor : 0;
          return [start, modelledNano * (1 + more)];
        }),
      ),
  });

  test('is worth its time only when nothing simpler fits', () => {
    expect(replayMayTell(billed(() => 1.15))).toBe(false);
    expect(replayMayTell(billed(() => 1))).toBe(false);
    expect(replayMayTell(billed(() => 1.08))).toBe(true);
    expect(replayMayTell(billed((index) => (index % 2 === 0 ? 1.4 : 1)))).toBe(true);
  });

  test.each([
    [600, 'about 600 s'],
    [240, 'about 240 s'],
    [371, 'about 371 s'],
  ])('finds the window of %i s', (seconds, says) => {
    const factor = 1 + ((seconds - 120) / 480) * 0.8;
    const found = billed((index) => (index % 2 === 0 ? factor : 1), window(0.8));
    expect(found.diagnosis, found.explanation).toBe('scaledown_window');
    expect(found.explanation).toContain(says);
  });

  test('is not asked while something simpler fits', () => {
    const replay = () => {
      throw new Error('asked');
    };
    expect(billed(() => 1, { replay }).diagnosis).toBe('agrees');
  });
});

test('residual, ratio and missing intervals are those of what the bill covers', () => {
  const hours = HOURS.map((hour, index) => (index < 20 ? hour : { ...hour, billedNano: null }));
  const covered = HOURS.slice(0, 20).reduce((sum, { modelledNano }) => sum + modelledNano, 0);
  expect(diagnoseBill({ ...INPUT, hours })).toMatchObject({
    diagnosis: 'report_late',
    billedNano: covered,
    modelledNano: covered,
    residualNano: 0,
    ratioThousandths: 1_000,
    missing: 4,
  });
});
