import { describe, expect, test } from 'vitest';
import { executionOf } from '../../../src/core/execution.ts';
import { createPriceBook } from '../../../src/core/price-book/price-book.ts';
import { provisionalCost } from '../../../src/core/provisional-cost.ts';
import { cellCost, splitSession } from '../../../src/core/session-cost.ts';
import { type FoldedSession, foldRuns } from '../../support/cost/fold-runs.ts';
import { closedRequest, SECOND } from '../../support/cost/records.ts';
import { WORKED_EXAMPLES, type WorkedExample } from '../../support/cost/worked-examples.ts';

const book = createPriceBook();

/** The pure parts one after the other: what worked when, which container, what it cost, whose it is. */
function settle({ settings, requests }: WorkedExample) {
  const rate = book.containerRate(settings, 0)?.rate ?? Number.NaN;
  const runs = requests.flatMap(([from, to, differences], ref) => {
    const request = closedRequest([from, to], differences);
    const execution = executionOf(request);
    if (execution === null) return [];
    const failed = request.outcome !== 'ok';
    const start = request.startedAt + execution.startUs;
    const end = request.startedAt + execution.endUs;
    return [{ ref, start, end, failed, price: 0, claim: null }];
  });
  const sessions = foldRuns(runs, { ...settings, standingFrom: null }, { until: 10 ** 12 });
  return sessions.sort((a, b) => a.from - b.from).map((session) => priced(rate, session));
}

function priced(rate: number, { runs, cells, busyUs, idleUs }: FoldedSession) {
  let before = 0;
  let [busyNano, failedNano, restNano] = [0, 0, 0];
  for (const cell of cells) {
    const cost = cellCost(rate, before, cell);
    before += cell.busyUs + cell.coldUs + cell.idleUs;
    busyNano += cost.busyNano + cost.failedNano;
    failedNano += cost.failedNano;
    restNano += cost.coldNano + cost.idleNano;
  }
  const execs = runs.map(({ execUs }) => execUs);
  const shares = splitSession(busyNano, restNano, execs);
  return {
    container: [busyUs / SECOND, idleUs / SECOND],
    costs: shares
      .map((share, index) => ({ ...share, ref: runs[index]?.ref ?? 0 }))
      .sort((a, b) => a.ref - b.ref)
      .map(({ execNano, overheadNano }) => [execNano, overheadNano]),
    totalNano: busyNano + restNano,
    failedNano,
  };
}

describe('a worked example, by the pure parts', () => {
  test.each(WORKED_EXAMPLES.map((example) => [example.name, example] as const))(
    '%s',
    (_, given) => {
      const sessions = settle(given);
      expect(sessions.map(({ container }) => container)).toEqual(given.containers);
      expect(sessions.flatMap(({ costs }) => costs)).toEqual(given.costs);
      const sum = (key: 'totalNano' | 'failedNano') =>
        sessions.reduce((total, session) => total + session[key], 0);
      expect(sum('totalNano')).toBe(given.totalNano);
      expect(sum('failedNano')).toBe(given.failedNano ?? 0);
    },
  );
});

test('a lone request’s provisional cost is already its execution', () => {
  for (const { requests, settings, costs, gpuSeconds } of WORKED_EXAMPLES) {
    const [first, second] = requests;
    if (first === undefined || second !== undefined || first[2]?.upstreamEndUs) continue;
    const cost = provisionalCost(closedRequest([first[0], first[1]]), settings, book);
    expect(cost.execNano).toBe(costs[0]?.[0]);
    expect(cost.gpuUs).toBe((gpuSeconds[0] ?? 0) * SECOND);
  }
});

test('an end that nobody saw is marked: the execution is an upper bound', () => {
  const unseen = closedRequest([0, 4], { outcome: 'client_abort', upstreamEndUs: 14 * SECOND });
  expect(executionOf(unseen)).toEqual({ startUs: 0, endUs: 14 * SECOND, upperBound: true });
});
