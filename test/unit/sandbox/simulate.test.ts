import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUsd } from '../../../src/core/units.ts';
import { simulate } from '../../support/sandbox/simulate.ts';

const SECOND = 1_000_000;
const at = (id: string, start: number, end: number) => ({
  id,
  at: start * SECOND,
  serviceUs: (end - start) * SECOND,
});
const worked = { maxInputs: 20, scaledownWindowUs: 60 * SECOND };
const billed = (rows: readonly { cost: string }[]) =>
  rows.reduce((sum, { cost }) => sum + parseUsd(cost), 0);

describe('the simulated Modal bills containers', () => {
  test.each([
    ['one request of 10 s', [at('a', 0, 10)], worked, 1, 48_580_000],
    ['two overlapping requests', [at('a', 0, 10), at('b', 5, 15)], worked, 1, 52_050_000],
    [
      'the same two with one input each',
      [at('a', 0, 10), at('b', 5, 15)],
      { ...worked, maxInputs: 1 },
      2,
      97_160_000,
    ],
    ['a second one inside the idle tail', [at('a', 0, 10), at('b', 50, 60)], worked, 1, 83_280_000],
    ['a second one after the idle tail', [at('a', 0, 10), at('b', 80, 90)], worked, 2, 97_160_000],
    [
      'a second one at the very end of the tail',
      [at('a', 0, 10), at('b', 70, 80)],
      worked,
      1,
      97_160_000,
    ],
  ])('for %s', (_, arrivals, settings, containers, nano) => {
    const simulation = simulate(arrivals, settings);
    expect(simulation.containers).toHaveLength(containers);
    expect(billed(simulation.billHours)).toBe(nano);
  });

  test('bills the boot but not the wait for a GPU', () => {
    const boot = { ...worked, bootUs: 20 * SECOND, allocationUs: 300 * SECOND };
    const { requests, containers, billHours } = simulate([at('a', 0, 10)], boot);
    expect(requests[0]).toMatchObject({ startedAt: 320 * SECOND, cold: true });
    expect(containers[0]).toMatchObject({ billedFrom: 300 * SECOND, closedAt: 390 * SECOND });
    expect(billed(billHours)).toBe(90 * 694_000);
  });

  test('restarts a preempted input from the beginning in another container', () => {
    const { requests, containers } = simulate([at('a', 0, 10)], {
      ...worked,
      preemptions: [4 * SECOND],
    });
    expect(requests[0]).toMatchObject({ finishedAt: 14 * SECOND, retries: 1 });
    expect(containers.map(({ closedAt }) => closedAt)).toEqual([4 * SECOND, 74 * SECOND]);
  });

  test('keeps standing containers until the app stops', () => {
    const day = 24 * 3_600 * SECOND;
    const { containers, billHours } = simulate([at('a', 10, 20)], {
      ...worked,
      minContainers: 1,
      from: 0,
      until: day,
    });
    expect(containers).toMatchObject([{ standing: true, billedFrom: 0, closedAt: day }]);
    expect(billHours).toHaveLength(24);
    expect(billHours[0]).toMatchObject({ interval_start: '1970-01-01T00:00:00', cost: '2.4984' });
  });

  test('runs a week of 100,000 requests in seconds', () => {
    const week = 7 * 86_400 * SECOND;
    const arrivals = Array.from({ length: 100_000 }, (_, index) => ({
      id: `r${index}`,
      at: Math.floor((week / 100_000) * index),
      serviceUs: 1_000_000 + ((index * 7_919) % 20_000_000),
    }));
    const { requests, containers } = simulate(arrivals, { ...worked, bootUs: 30 * SECOND });
    expect(requests).toHaveLength(100_000);
    expect(containers.every(({ closedAt }) => closedAt !== null)).toBe(true);
  });

  test('never runs more inputs than slots, nor before boot, and its bill is its container time', () => {
    const arrival = fc.record({
      at: fc.integer({ min: 0, max: 600 }).map((s) => s * SECOND),
      serviceUs: fc.integer({ min: 1, max: 90 }).map((s) => s * SECOND),
    });
    const settings = fc.record({
      maxInputs: fc.integer({ min: 1, max: 4 }),
      scaledownWindowUs: fc.integer({ min: 2, max: 60 }).map((s) => s * SECOND),
      bootUs: fc.integer({ min: 0, max: 40 }).map((s) => s * SECOND),
      minContainers: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 40 }), settings, (list, chosen) => {
        const arrivals = list.map((item, index) => ({ id: `r${index}`, ...item }));
        const { requests, containers, billHours } = simulate(arrivals, chosen);
        expect(requests).toHaveLength(arrivals.length);
        for (const container of containers) {
          const own = requests.filter(({ containerId }) => containerId === container.id);
          for (const { startedAt } of own) {
            expect(startedAt).toBeGreaterThanOrEqual(container.readyAt);
            const together = own.filter(
              (other) => other.startedAt <= startedAt && other.finishedAt > startedAt,
            );
            expect(together.length).toBeLessThanOrEqual(chosen.maxInputs);
          }
        }
        const time = containers.reduce((sum, c) => sum + (c.closedAt ?? 0) - c.billedFrom, 0);
        expect(billed(billHours)).toBe((time * 694_000) / SECOND);
      }),
    );
  });
});
