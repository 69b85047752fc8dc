import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LatencySketch, RELATIVE_ERROR } from '../../../src/core/latency-sketch.ts';

const duration = fc.oneof(
  fc.integer({ min: 0, max: 1_000 }),
  fc.integer({ min: 0, max: 600_000_000 }),
  fc.maxSafeInteger().map(Math.abs),
);
const durations = fc.array(duration, { minLength: 1, maxLength: 300 });

function sketchOf(values: readonly number[]): LatencySketch {
  const sketch = new LatencySketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

test('any quantile is within one percent of the exact one', () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] as number;
      const found = sketchOf(values).quantile(q) as number;
      // The last term is the rounding of floating point, not of the buckets.
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * (RELATIVE_ERROR + 1e-9));
    }),
  );
});

test('the sketch of the whole is the sum of the sketches of its parts, in any order', () => {
  fc.assert(
    fc.property(durations, durations, durations, (a, b, c) => {
      const whole = sketchOf([...a, ...b, ...c]);
      const merged = sketchOf(c);
      merged.merge(sketchOf(a));
      merged.merge(LatencySketch.parse(sketchOf(b).toText()));
      expect(merged.toText()).toBe(whole.toText());
      expect(merged.count).toBe(whole.count);
    }),
  );
});

test('its text reads back as the same sketch', () => {
  fc.assert(
    fc.property(durations, (values) => {
      const sketch = sketchOf(values);
      const text = sketch.toText();
      const read = LatencySketch.parse(text);
      expect(read.toText()).toBe(text);
      expect(read.count).toBe(values.length);
      expect(read.quantile(0.5)).toBe(sketch.quantile(0.5));
    }),
  );
});

test('quantiles asked for between additions see all of them', () => {
  const sketch = sketchOf([10, 1_000]);
  expect(sketch.quantile(1)).toBeCloseTo(1_000, -2);
  sketch.add(100_000);
  expect(sketch.quantile(1)).toBeGreaterThan(99_000);
});

test.each([
  ['none', [], 1_000, 0],
  ['zeros only', [0, 0], 0, 2],
  ['those below the limit', [1_000, 2_000, 3_000], 2_500, 2],
  ['no zeros below zero', [0], -1, 0],
] as const)('counts up to a limit: %s', (_name, values, limit, expected) => {
  expect(sketchOf(values).countUpTo(limit)).toBe(expected);
});

test('an empty sketch has no quantile and no text', () => {
  expect(new LatencySketch().quantile(0.5)).toBeNull();
  expect(new LatencySketch().toText()).toBe('');
  expect(LatencySketch.parse('').count).toBe(0);
});

test('a negative duration, from a clock that was set back, counts as zero', () => {
  const sketch = new LatencySketch();
  sketch.add(-5, 3);
  expect(sketch.count).toBe(3);
  expect(sketch.quantile(0.99)).toBe(0);
});

test.each(['x y', '1,,2', '0,5:', '!', '0,5:1.5'])('refuses %j', (text) => {
  expect(() => LatencySketch.parse(text)).toThrow('not a latency sketch');
});

test('a thousand durations between 0.1 and 100 s take less than 1.5 kB', () => {
  const values = Array.from({ length: 1_000 }, (_, i) =>
    Math.floor(100_000 * 1_000 ** (i / 1_000)),
  );
  expect(sketchOf(values).toText().length).toBeLessThan(1_500);
});
