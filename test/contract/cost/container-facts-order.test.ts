import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import type { CallReport, ContainerReport } from '../../../src/ports/container-source.ts';
import { A100, SECOND } from '../../support/cost/records.ts';
import { derived, MONDAY, settling } from '../../support/cost/settling.ts';
import { simulatedTraffic } from '../../support/cost/simulated-traffic.ts';
import { at, report, tell, tellCalls } from '../../support/cost/told-facts.ts';
import { DEFAULT_DEPLOYMENT } from '../../support/sandbox/deployment.ts';

const scenario = fc.record({
  maxInputs: fc.integer({ min: 1, max: 4 }),
  scaledown: fc.integer({ min: 2, max: 400 }),
  configured: fc.integer({ min: 2, max: 400 }),
  boot: fc.integer({ min: 0, max: 60 }),
  allocation: fc.integer({ min: 0, max: 20 }),
  identity: fc.boolean(),
  preemptions: fc.array(fc.integer({ min: 1, max: 9_000 }), { maxLength: 3 }),
  arrivals: fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 9_000_000 }),
      work: fc.integer({ min: 1, max: 90_000 }),
    }),
    { minLength: 1, maxLength: 25 },
  ),
  /** Settlements, and which containers are known before each. */
  turns: fc.array(fc.record({ until: fc.integer({ min: 1, max: 14_000 }), known: fc.nat(6) }), {
    maxLength: 4,
  }),
});

test('whenever they become known, the total is what the named containers cost', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const endpoint = {
        ...{ ...A100, maxInputs: given.maxInputs },
        scaledownWindowUs: given.configured * SECOND,
      };
      const traffic = simulatedTraffic(endpoint, {
        arrivals: given.arrivals.map((arrival, index) => ({
          ...{ id: `r${index}`, at: MONDAY + arrival.at * 1_000, serviceUs: arrival.work * 1_000 },
        })),
        modal: {
          ...{ ...DEFAULT_DEPLOYMENT, maxInputs: given.maxInputs },
          ...{ scaledownWindowUs: given.scaledown * SECOND, bootUs: given.boot * SECOND },
          allocationUs: given.allocation * SECOND,
          preemptions: given.preemptions.map((second) => at(second)),
        },
        ...{ identity: given.identity, salt: 1 },
      });
      const reports = traffic.containers.map(
        (one): ContainerReport => ({
          ...report(one.id, [0, 0, 0]),
          ...{ enqueuedAt: one.requestedAt, readyAt: one.readyAt, endedAt: one.closedAt },
        }),
      );
      const byId = new Map(traffic.containers.map((container) => [container.id, container]));
      const calls = traffic.runs.map((run): CallReport => {
        const container = byId.get(run.containerId);
        return {
          ...{ functionCallId: `fc-${run.id}`, enqueuedAt: run.arrivedAt, final: true },
          ran: {
            ...{ containerId: run.containerId, from: run.startedAt },
            us: run.finishedAt - run.startedAt,
            bootUs: (container?.readyAt ?? 0) - (container?.billedFrom ?? 0),
          },
        };
      });
      const settledTotal = async (turns: typeof given.turns) => {
        const ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
        const { add, settleAt } = settling(ledger, [endpoint]);
        await add(...traffic.requests);
        for (const { until, known } of turns) {
          await settleAt(until);
          await tell(ledger, reports.slice(0, known));
        }
        if (!given.identity) await tellCalls(ledger, calls);
        await settleAt(30_000);
        await tell(ledger, reports);
        await settleAt(30_100);
        const result = await derived(ledger);
        await ledger.close();
        return result;
      };
      const inTurns = await settledTotal(given.turns);
      const atOnce = await settledTotal([]);
      expect(inTurns).toEqual(atOnce);
      const served = new Set(traffic.runs.map(({ containerId }) => containerId));
      const nano = traffic.containers
        .filter(({ id }) => served.has(id))
        .reduce((sum, one) => sum + (((one.closedAt ?? 0) - one.billedFrom) / 1_000) * 694, 0);
      const total = atOnce.requests.reduce((sum, { total_nano }) => sum + (total_nano ?? 0), 0);
      expect(total).toBe(nano);
    }),
    { numRuns: 60 },
  );
}, 120_000);
