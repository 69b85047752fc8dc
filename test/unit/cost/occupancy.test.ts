import { describe, expect, test } from 'vitest';
import type { Run } from '../../../src/core/occupancy/run.ts';
import { foldRuns, run } from '../../support/cost/fold-runs.ts';

const SECOND = 1_000_000;
const settings = {
  maxInputs: 20,
  scaledownWindowUs: 60 * SECOND,
  minContainers: 0,
  standingFrom: null,
};
const until = 100_000 * SECOND;
const fold = (runs: readonly Run[], differences: Partial<typeof settings> = {}) =>
  foldRuns(runs, { ...settings, ...differences }, { until });
const claim = (id: string, ageUs: number | null, readyUs: number | null) => ({
  claim: { id, ageUs, readyUs, level: 'observed', startedAt: null, endedAt: null } as const,
});

describe('containers come and go', () => {
  test('one request keeps a container for its time and the whole window', () => {
    expect(fold([run(1, 0, 10)])).toMatchObject([
      { from: 0, closedAt: 70 * SECOND, busyUs: 10 * SECOND, coldUs: 0, idleUs: 60 * SECOND },
    ]);
  });

  test('two overlapping requests share the time in which both ran', () => {
    const [session] = fold([run(1, 0, 10), run(2, 5, 15)]);
    expect(session).toMatchObject({ busyUs: 15 * SECOND, idleUs: 60 * SECOND });
    expect(session?.runs.map(({ execUs }) => execUs)).toEqual([7.5 * SECOND, 7.5 * SECOND]);
  });

  test('with one input a container they need two', () => {
    const sessions = fold([run(1, 0, 10), run(2, 5, 15)], { maxInputs: 1 });
    expect(sessions.map(({ busyUs, idleUs }) => [busyUs, idleUs])).toEqual([
      [10 * SECOND, 60 * SECOND],
      [10 * SECOND, 60 * SECOND],
    ]);
  });

  test.each([
    ['inside the window joins', 50, 1],
    ['at its very end joins', 70, 1],
    ['a microsecond later does not', 70.000001, 2],
  ])('a request %s', (_, start, sessions) => {
    expect(fold([run(1, 0, 10), run(2, start, start + 10)])).toHaveLength(sessions);
  });

  test('a finish comes before a start at the same instant', () => {
    const [first, second] = fold([run(1, 0, 10), run(2, 10, 20)], { maxInputs: 1 });
    expect(first).toMatchObject({ busyUs: 20 * SECOND });
    expect(second).toBeUndefined();
  });

  test('a request joins the fullest container, of equal ones the oldest', () => {
    const runs = [run(1, 0, 30), run(2, 1, 40), run(3, 2, 12), run(4, 3, 50), run(5, 13, 14)];
    const sessions = fold(runs, { maxInputs: 2 });
    const refs = sessions.map(({ from, runs: own }) => [from / SECOND, own.map(({ ref }) => ref)]);
    expect(refs).toContainEqual([0, [1, 2]]);
    expect(refs).toContainEqual([2, [3, 5, 4]]);
  });

  test('a thousandth of three requests goes to the one that ends first', () => {
    const [session] = fold([run(1, 0, 0.000001), run(2, 0, 0.000001), run(3, 0, 0.000001)]);
    expect(session?.runs.map(({ execUs }) => execUs)).toEqual([1, 0, 0]);
  });

  test('a request without length costs nothing and starts a window', () => {
    expect(fold([run(1, 5, 5)])).toMatchObject([{ busyUs: 0, idleUs: 60 * SECOND }]);
  });

  test('refuses a run from the past', () => {
    const late = () => foldRuns([run(1, 0, 1)], settings, { until, cuts: [] });
    expect(late).not.toThrow();
    expect(() => fold([run(1, 10, 5)])).toThrow(RangeError);
  });

  test('a standing container idles on, and serves before a new one opens', () => {
    const sessions = foldRuns(
      [run(1, 100, 110), run(2, 105, 115)],
      { ...settings, maxInputs: 1, minContainers: 1, standingFrom: 0 },
      { until: 1_000 * SECOND },
    );
    expect(sessions).toMatchObject([
      { standing: false, from: 105 * SECOND, busyUs: 10 * SECOND, idleUs: 60 * SECOND },
      { standing: true, from: 0, busyUs: 10 * SECOND, idleUs: 990 * SECOND },
    ]);
  });
});

describe('containers that say who they are', () => {
  test('are counted from their start, boot apart from idle', () => {
    const [session] = fold([run(1, 100, 110, claim('ta-1', 40 * SECOND, 30 * SECOND))]);
    expect(session).toMatchObject({
      id: 'ta-1',
      level: 'observed',
      from: 60 * SECOND,
      coldUs: 30 * SECOND,
      idleUs: 70 * SECOND,
      busyUs: 10 * SECOND,
    });
  });

  test('are two when they say two, whatever would have fitted into one', () => {
    const sessions = fold([run(1, 0, 10, claim('a', 0, 0)), run(2, 0, 10, claim('b', 0, 0))]);
    expect(sessions.map(({ id, busyUs }) => [id, busyUs])).toEqual([
      ['a', 10 * SECOND],
      ['b', 10 * SECOND],
    ]);
  });

  test('were kept alive when they work again after the modelled close', () => {
    const sessions = fold([
      run(1, 0, 10, claim('a', 0, 0)),
      run(2, 200, 210, claim('a', null, null)),
    ]);
    expect(sessions.map(({ from, closedAt }) => [from / SECOND, closedAt / SECOND])).toEqual([
      [0, 70],
      [70, 270],
    ]);
  });

  test('older than a boot and a window: others’ time is not counted', () => {
    const day = 86_400 * SECOND;
    const [session] = fold([run(1, 90_000, 90_010, claim('a', day, 30 * SECOND))]);
    expect(session).toMatchObject({ from: (90_000 - 90) * SECOND, coldUs: 0 });
  });

  test('take over a nameless one that a request without headers had opened', () => {
    const sessions = fold([run(1, 0, 10), run(2, 20, 30, claim('a', 15 * SECOND, 5 * SECOND))]);
    expect(sessions).toMatchObject([{ id: 'a', from: 0, busyUs: 20 * SECOND }]);
  });

  test('end when Modal says so', () => {
    const ended = {
      ...claim('a', 0, 0).claim,
      level: 'authoritative',
      endedAt: 25 * SECOND,
    } as const;
    const [session] = fold([run(1, 0, 10, { claim: ended })]);
    expect(session).toMatchObject({ level: 'authoritative', closedAt: 25 * SECOND });
  });
});
