import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConcurrencyMeter } from '../../../src/proxy/concurrency-meter.ts';

test('two requests share the time in which both run', () => {
  const meter = new ConcurrencyMeter(20);
  const first = meter.enter(0);
  const second = meter.enter(5_000_000);
  expect(meter.leave(first, 10_000_000)).toBe(7_500_000);
  expect(meter.leave(second, 15_000_000)).toBe(7_500_000);
});

test('with one input a container each request has its own', () => {
  const meter = new ConcurrencyMeter(1);
  const first = meter.enter(0);
  const second = meter.enter(5_000_000);
  expect(meter.leave(first, 10_000_000)).toBe(10_000_000);
  expect(meter.leave(second, 15_000_000)).toBe(10_000_000);
});

test('the shares of all requests add up to the containers that were needed', () => {
  const interval = fc.tuple(fc.nat(10_000), fc.integer({ min: 1, max: 10_000 }));
  fc.assert(
    fc.property(
      fc.array(interval, { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      (runs, inputs) => {
        const events = runs
          .flatMap(([start, length], index) => [
            { at: start * 1_000, index, starts: true },
            { at: (start + length) * 1_000, index, starts: false },
          ])
          .sort((a, b) => a.at - b.at);
        const meter = new ConcurrencyMeter(inputs);
        const readings = new Map<number, number>();
        let [shares, needed, running, last] = [0, 0, 0, 0];
        for (const { at, index, starts } of events) {
          needed += (at - last) * Math.ceil(running / inputs);
          last = at;
          if (starts) {
            readings.set(index, meter.enter(at));
            running += 1;
          } else {
            shares += meter.leave(readings.get(index) ?? 0, at);
            running -= 1;
          }
        }
        expect(Math.abs(shares - needed)).toBeLessThanOrEqual(runs.length);
        expect(meter.running).toBe(0);
      },
    ),
  );
});
