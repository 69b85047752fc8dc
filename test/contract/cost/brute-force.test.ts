import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import {
  type BruteRequest,
  type BruteResult,
  bruteForceOccupancy,
} from '../../support/cost/brute-force-occupancy.ts';
import { A100, SECOND } from '../../support/cost/records.ts';
import { derived, MONDAY, requestAt, settling } from '../../support/cost/settling.ts';

/** Nano-dollars of a second. */
const RATE = 694_000;
const END = 9_000;
const POOLS = [null, 'model=a', 'model=b'] as const;

const scenario = fc.record({
  maxInputs: fc.integer({ min: 1, max: 6 }),
  scaledown: fc.integer({ min: 2, max: 300 }),
  minContainers: fc.constantFrom(0, 0, 1),
  requests: fc.array(
    fc.record({
      pool: fc.constantFrom(...POOLS),
      start: fc.integer({ min: 0, max: 7_300 }),
      length: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 600 })),
      failed: fc.boolean(),
      /** Its row comes with which settlement; one before its end means the first after it. */
      comes: fc.nat({ max: 5 }),
    }),
    { minLength: 1, maxLength: 30 },
  ),
  /** When settlements run; a last one comes at the end. */
  runs: fc.array(fc.integer({ min: 0, max: END }), { maxLength: 5 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Adds rows in time or late, in no order, and settles after each batch. */
async function settled(chosen: Scenario) {
  const endpoint: EndpointSettings = {
    ...A100,
    maxInputs: chosen.maxInputs,
    scaledownWindowUs: chosen.scaledown * SECOND,
    minContainers: chosen.minContainers,
  };
  const ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
  try {
    const { add, settleAt } = settling(ledger, [endpoint]);
    const times = [...chosen.runs.sort((a, b) => a - b), END];
    const batches = times.map((): Scenario['requests'] => []);
    for (const request of chosen.requests) {
      const first = times.findIndex((time) => time >= request.start + request.length);
      batches[Math.min(times.length - 1, Math.max(first, request.comes))]?.push(request);
    }
    let stored = 0;
    for (const [index, time] of times.entries()) {
      const rows = (batches[index] ?? []).map(({ start, length, failed, pool }) =>
        requestAt([start, start + length], { pool, outcome: failed ? 'app_error' : 'ok' }),
      );
      await add(...rows.reverse());
      stored += rows.length;
      // Before the first row comes, nothing is known but what stands.
      if (stored > 0) await settleAt(time);
    }
    // A late row is found by the settlement after the one that it came with.
    await settleAt(END);
    return await derived(ledger);
  } finally {
    await ledger.close();
  }
}

function simulated({ requests, maxInputs, scaledown, minContainers }: Scenario): BruteResult[] {
  return POOLS.flatMap((pool) => {
    const own = requests
      .filter((request) => request.pool === pool)
      .map(({ start, length, failed }): BruteRequest => {
        return { start, end: start + length, failed, container: null };
      })
      .sort((a, b) => a.start - b.start);
    const [first] = own;
    if (first === undefined) return [];
    const standing = { standing: minContainers, standingFrom: first.start };
    return [bruteForceOccupancy(own, { ...{ maxInputs, scaledown, until: END }, ...standing })];
  });
}

/** A late row that starts at the hour's edge, at which the request before it ended and a checkpoint is. */
const LATE_AT_AN_EDGE: Scenario = {
  ...{ maxInputs: 1, scaledown: 2, minContainers: 0, runs: [3_601] },
  requests: [
    { pool: null, start: 3_460, length: 140, failed: false, comes: 0 },
    { pool: null, start: 3_600, length: 0, failed: false, comes: 1 },
    { pool: null, start: 0, length: 0, failed: false, comes: 0 },
  ],
};

test('rows in any order, late or not, over several pools and settlements, cost what a second-by-second simulator says', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (chosen) => {
      const { sessions, hours, requests } = await settled(chosen);
      const containers = simulated(chosen).flatMap((pool) => pool.containers);
      const seconds = (pick: (hour: { busy: number; idle: number }) => number) => {
        const sums = new Map<number, number>();
        for (const { hours: own } of containers) {
          for (const [hour, time] of own) sums.set(hour, (sums.get(hour) ?? 0) + pick(time));
        }
        return [...sums].filter(([, sum]) => sum > 0).sort(([a], [b]) => a - b);
      };
      const settledSeconds = (pick: (hour: (typeof hours)[number]) => number) =>
        hours
          .map((hour) => [(hour.hour - MONDAY) / SECOND, pick(hour) / SECOND])
          .filter(([, sum]) => sum !== 0);
      expect(settledSeconds((hour) => hour.busy_us)).toEqual(seconds(({ busy }) => busy));
      expect(settledSeconds((hour) => hour.idle_us + hour.standing_us)).toEqual(
        seconds(({ idle }) => idle),
      );
      expect(hours.map((hour) => hour.modelled_nano).filter((nano) => nano > 0)).toEqual(
        seconds(({ busy, idle }) => busy + idle).map(([, sum]) => sum * RATE),
      );
      const key = (list: readonly number[]) => list.join(',');
      const ofSessions = sessions
        .filter(({ standing }) => standing === 0)
        .map((one) => {
          const from = (one.started_at - MONDAY) / SECOND;
          return key([from, one.requests, one.busy_us / SECOND, one.idle_us / SECOND]);
        });
      const ofContainers = containers
        .filter(({ standing }) => !standing)
        .map((one) => key([one.opened, one.served.length, one.busy, one.idle]));
      expect(ofSessions.sort()).toEqual(ofContainers.sort());
      const standing = hours.reduce((sum, hour) => sum + hour.standing_nano, 0);
      const paid = requests.reduce((sum, row) => sum + (row.total_nano ?? 0), 0);
      const all = hours.reduce((sum, hour) => sum + hour.modelled_nano, 0);
      if (requests.every((row) => row.cost_state === 'settled')) expect(paid + standing).toBe(all);
    }),
    { numRuns: 200, examples: [[LATE_AT_AN_EDGE]] },
  );
}, 120_000);
