import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { A100, SECOND } from '../../support/cost/records.ts';
import { derived, requestAt, settling } from '../../support/cost/settling.ts';

/** Endpoints of every kind, with short windows so that a scenario of two hours has many sessions. */
const ENDPOINTS = [
  { ...A100, maxInputs: 3, scaledownWindowUs: 120 * SECOND },
  { ...A100, name: 'single', maxInputs: 1, scaledownWindowUs: 300 * SECOND, region: 'us' },
  { ...A100, name: 'standing', maxInputs: 2, minContainers: 1, modalApp: null },
];
const END = 12_000;

const request = fc.record({
  endpoint: fc.constantFrom('generate', 'single', 'standing'),
  pool: fc.constantFrom(null, null, 'model=a'),
  start: fc.integer({ min: 0, max: 7_300_000 }),
  length: fc.integer({ min: 0, max: 900_000 }),
  outcome: fc.constantFrom('ok', 'ok', 'ok', 'app_error', 'client_abort'),
  paid: fc.constantFrom('yes', 'yes', 'yes', 'no'),
  operation: fc.constantFrom('plan', 'code', null),
  queueMs: fc.constantFrom(null, null, 0, 30_000, 400_000),
  container: fc.constantFrom(null, null, 'ta-1', 'ta-2'),
} as const);

const scenario = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 40 }),
  /** After how many requests (in order of their end) a settlement runs. */
  runs: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 }),
  /** Requests that come out of order, at the very end. */
  late: fc.array(fc.integer({ min: 0, max: 39 }), { maxLength: 4 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function requestsOf({ requests }: Scenario): ClosedRequest[] {
  return requests.map(({ start, length, queueMs, container, ...rest }) =>
    requestAt([start / 1_000, (start + length) / 1_000], {
      ...rest,
      queueUs: queueMs === null ? null : queueMs * 1_000,
      containerId: container,
      containerAgeUs: container === null ? null : 20 * SECOND,
      readyDelayUs: container === null ? null : 15 * SECOND,
      firstByteUs: length * 1_000,
    }),
  );
}

/** `ta-1` and `ta-2` get their numbers in the order in which they are stored: compare without them. */
const comparable = (result: Awaited<ReturnType<typeof derived>>) => ({
  ...result,
  sessions: result.sessions
    .map(({ container_id: _, endpoint_id: __, price_id: ___, pool_id: ____, ...session }) =>
      JSON.stringify(session),
    )
    .sort(),
  hours: result.hours.map(({ endpoint_id: _, ...hour }) => JSON.stringify(hour)).sort(),
  costs: result.costs
    .map(({ endpoint_id: _, operation_id: __, client_id: ___, ...cost }) => JSON.stringify(cost))
    .sort(),
});

test('settling in any number of runs, rows late or not, gives what settling at once gives', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (chosen) => {
      const requests = requestsOf(chosen);
      const once = await openLedger({ kind: 'sqlite', file: ':memory:' });
      const whole = settling(once, ENDPOINTS);
      // The configuration is first seen at one instant in both: it is a fact, as requests are.
      await whole.settleAt(0);
      await whole.add(...[...requests].reverse());
      await whole.settleAt(END);

      const many = await openLedger({ kind: 'sqlite', file: ':memory:' });
      const parts = settling(many, ENDPOINTS);
      await parts.settleAt(0);
      const late = new Set(chosen.late.map((index) => requests[index]));
      const inTime = requests.filter((one) => !late.has(one)).sort((a, b) => endOf(a) - endOf(b));
      for (const [index, one] of inTime.entries()) {
        await parts.add(one);
        if (chosen.runs.includes(index)) await parts.settlement.run({ until: endOf(one) });
      }
      await parts.settleAt(END);
      for (const one of late) {
        if (one === undefined) continue;
        await parts.add(one);
        await parts.settleAt(END);
      }
      await parts.settleAt(END);
      const expected = comparable(await derived(once));
      expect(comparable(await derived(many))).toEqual(expected);
      await once.close();
      await many.close();
    }),
    { numRuns: 100 },
  );
}, 120_000);

test('what requests cost and what stood idle is what containers cost', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (chosen) => {
      const ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
      const { add, settleAt } = settling(ledger, ENDPOINTS);
      await add(...requestsOf(chosen));
      await settleAt(END + 90_000);
      const { sessions, hours, requests, costs } = await derived(ledger);
      const sum = <T>(list: readonly T[], pick: (item: T) => number | null) =>
        list.reduce((total, item) => total + (pick(item) ?? 0), 0);
      const containers = sum(
        sessions,
        (s) => (s.busy_nano ?? 0) + (s.cold_nano ?? 0) + (s.idle_nano ?? 0),
      );
      expect(sum(hours, (hour) => hour.modelled_nano)).toBe(containers);
      const standing = sum(hours, (hour) => hour.standing_nano);
      expect(sum(requests, (row) => row.total_nano) + standing).toBe(containers);
      expect(sum(costs, (cost) => cost.exec_nano + cost.overhead_nano)).toBe(containers - standing);
      expect(requests.every((row) => row.cost_state === 'settled')).toBe(true);
      expect(requests.every((row) => (row.low_nano ?? 0) <= (row.total_nano ?? 0))).toBe(true);
      for (const hour of hours) {
        expect(hour.low_nano).toBeLessThanOrEqual(hour.modelled_nano);
        expect(hour.high_nano).toBeGreaterThanOrEqual(hour.modelled_nano);
      }
      await ledger.close();
    }),
    { numRuns: 200 },
  );
}, 120_000);

const endOf = (request: ClosedRequest) => request.startedAt + request.durationUs;
