import { describe, expect, test } from 'vitest';
import { executionOf } from '../../../src/core/execution.ts';
import { createPriceBook } from '../../../src/core/price-book/price-book.ts';
import { provisionalCost } from '../../../src/core/provisional-cost.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { cellCost, splitSession } from '../../../src/core/session-cost.ts';
import { foldRuns } from '../../support/cost/fold-runs.ts';
import { A100, closedRequest, SECOND } from '../../support/cost/records.ts';

const book = createPriceBook();

/** Settles requests alone, as the settlement job does with the ledger around it. */
function settle(requests: readonly ClosedRequest[], settings = A100) {
  const rate = book.containerRate(settings, 0)?.rate ?? Number.NaN;
  const runs = requests.flatMap((request, ref) => {
    const execution = executionOf(request);
    if (execution === null) return [];
    const failed = request.outcome !== 'ok';
    const start = request.startedAt + execution.startUs;
    return [
      { ref, start, end: request.startedAt + execution.endUs, failed, price: 0, claim: null },
    ];
  });
  const sessions = foldRuns(runs, { ...settings, standingFrom: null }, { until: 10 ** 12 });
  return sessions.map(({ runs: own, cells, busyUs, idleUs }) => {
    let before = 0;
    const costs = cells.map((cell) => {
      const cost = cellCost(rate, before, cell);
      before += cell.busyUs + cell.coldUs + cell.idleUs;
      return cost;
    });
    const sum = (key: keyof (typeof costs)[number]) => costs.reduce((s, cost) => s + cost[key], 0);
    const busyNano = sum('busyNano') + sum('failedNano');
    const overheadNano = sum('coldNano') + sum('idleNano');
    const execs = own.map(({ execUs }) => execUs);
    return {
      busyUs,
      idleUs,
      totalNano: busyNano + overheadNano,
      failedNano: sum('failedNano'),
      requests: splitSession(busyNano, overheadNano, execs).map((share, index) => ({
        ref: own[index]?.ref,
        execUs: execs[index],
        ...share,
      })),
    };
  });
}

describe('the worked examples', () => {
  test('1: one request of 10 s', () => {
    expect(settle([closedRequest([0, 10])])).toEqual([
      {
        busyUs: 10 * SECOND,
        idleUs: 60 * SECOND,
        totalNano: 48_580_000,
        failedNano: 0,
        requests: [{ ref: 0, execUs: 10 * SECOND, execNano: 6_940_000, overheadNano: 41_640_000 }],
      },
    ]);
  });

  test('2: two that overlap share the time in which both ran', () => {
    const half = { execUs: 7.5 * SECOND, execNano: 5_205_000, overheadNano: 20_820_000 };
    expect(settle([closedRequest([0, 10]), closedRequest([5, 15])])).toEqual([
      {
        busyUs: 15 * SECOND,
        idleUs: 60 * SECOND,
        totalNano: 52_050_000,
        failedNano: 0,
        requests: [
          { ref: 0, ...half },
          { ref: 1, ...half },
        ],
      },
    ]);
  });

  test('3: the same two with one input a container need two containers', () => {
    const sessions = settle([closedRequest([0, 10]), closedRequest([5, 15])], {
      ...A100,
      maxInputs: 1,
    });
    expect(sessions.map(({ busyUs, idleUs }) => [busyUs / SECOND, idleUs / SECOND])).toEqual([
      [10, 60],
      [10, 60],
    ]);
    expect(sessions.flatMap(({ requests }) => requests)).toMatchObject([
      { ref: 0, execNano: 6_940_000 },
      { ref: 1, execNano: 6_940_000 },
    ]);
  });

  test('4: a second request inside the tail ends it early, after it opens a second session', () => {
    const inside = settle([closedRequest([0, 10]), closedRequest([50, 60])]);
    expect(inside).toMatchObject([
      { busyUs: 20 * SECOND, idleUs: 100 * SECOND, totalNano: 83_280_000 },
    ]);
    const after = settle([closedRequest([0, 10]), closedRequest([80, 90])]);
    expect(after).toHaveLength(2);
    expect(after.reduce((sum, { totalNano }) => sum + totalNano, 0)).toBe(140 * 694_000);
  });

  test('5: H100:8 for 3 s is 24 GPU-seconds', () => {
    const cost = provisionalCost(closedRequest([0, 3]), { ...A100, gpu: 'H100:8' }, book);
    expect(cost.gpuUs).toBe(24 * SECOND);
  });

  test('6: a 303 chain of three legs over 320 s is one request of 320 s', () => {
    const [session] = settle([closedRequest([0, 320], { legs: 3 })]);
    expect(session?.requests).toMatchObject([{ execUs: 320 * SECOND, execNano: 320 * 694_000 }]);
  });

  test('7: what the edge refuses costs nothing; what the container failed costs, as failed', () => {
    const edge = { paid: 'no', outcome: 'upstream_error' } as const;
    expect(
      settle([
        closedRequest([0, 1], { ...edge, status: 401 }),
        closedRequest([2, 3], { ...edge, status: 429 }),
      ]),
    ).toEqual([]);
    const failed = [
      closedRequest([0, 5], { outcome: 'upstream_error', status: 408 }),
      closedRequest([10, 15], { outcome: 'upstream_error', status: 500 }),
      closedRequest([20, 25], { outcome: 'app_error', status: 200 }),
    ];
    expect(settle(failed)).toMatchObject([
      { busyUs: 15 * SECOND, failedNano: 15 * 694_000, totalNano: 85 * 694_000 },
    ]);
  });

  test('8: after the client has left, the container works on until the upstream has stopped', () => {
    const observed = { outcome: 'client_abort', durationUs: 4 * SECOND, lastByteUs: null } as const;
    const [session] = settle([closedRequest([0, 4], { ...observed, upstreamEndUs: 9 * SECOND })]);
    expect(session?.requests).toMatchObject([{ execUs: 9 * SECOND, execNano: 9 * 694_000 }]);
  });

  test('9: an hour edge splits a session exactly', () => {
    const [session] = settle([closedRequest([3_595, 3_605])]);
    expect(session).toMatchObject({ busyUs: 10 * SECOND, totalNano: 48_580_000 });
  });
});
