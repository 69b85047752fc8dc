import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ContainerClaim,
  LONGEST_IDLE_US,
  PART_RUNS,
  type Run,
} from '../../../src/core/occupancy/run.ts';
import { sumOf } from '../../../src/core/sum-of.ts';
import {
  type BruteRequest,
  type BruteResult,
  bruteForceOccupancy,
} from '../../support/cost/brute-force-occupancy.ts';
import { type FoldedSession, foldRuns, run } from '../../support/cost/fold-runs.ts';

const SECOND = 1_000_000;
/** 200 s before an hour's edge, so that most scenarios cross it. */
const START = 3_400;

interface Scenario {
  readonly maxInputs: number;
  readonly scaledown: number;
  readonly standing: number;
  readonly requests: readonly BruteRequest[];
  readonly cuts: readonly number[];
}

/**
 * Starts are gaps after the end of an earlier request, mostly the seconds around the window's end, where a
 * container closes or just does not; lengths of 0 and starts together are frequent.
 */
const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    maxInputs: fc.integer({ min: 1, max: 6 }),
    scaledown: fc.integer({ min: 2, max: 40 }),
    standing: fc.integer({ min: 0, max: 2 }),
    named: fc.boolean(),
    steps: fc.array(
      fc.record({
        after: fc.nat({ max: 3 }),
        gap: fc.oneof(
          fc.constantFrom('window - 1', 'window', 'window + 1', 'end', 'start'),
          fc.integer({ min: 0, max: 60 }),
        ),
        length: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 90 })),
        failed: fc.boolean(),
        container: fc.constantFrom('a', 'b', 'c'),
      }),
      { maxLength: 24 },
    ),
    cuts: fc.array(fc.integer({ min: START, max: START + 900 }), { maxLength: 5 }),
  })
  .map(({ steps, named, standing, maxInputs, ...rest }) => {
    const requests: BruteRequest[] = [];
    for (const step of steps) {
      const start = startOf(step, requests, rest.scaledown);
      const end = start + step.length;
      if (end > START + 1_500) continue;
      const { failed, container } = step;
      requests.push({ start, end, failed, container: named ? container : null });
    }
    requests.sort((a, b) => a.start - b.start);
    // A container that says its name takes what it takes.
    const settings = named ? { maxInputs: 24, standing: 0 } : { maxInputs, standing };
    return { ...rest, ...settings, requests };
  });

interface Step {
  readonly after: number;
  readonly gap: 'window - 1' | 'window' | 'window + 1' | 'end' | 'start' | number;
}

function startOf(
  { after, gap }: Step,
  requests: readonly BruteRequest[],
  scaledown: number,
): number {
  const { start, end } = requests.at(-1 - after) ?? { start: START, end: START };
  if (typeof gap === 'number') return end + gap;
  const closes = end + scaledown;
  const starts = {
    ...{ 'window - 1': closes - 1, window: closes, 'window + 1': closes + 1 },
    ...{ end, start },
  };
  return starts[gap];
}

/** By then every container has closed. */
const END = START + 1_600;

describe('against a simulator that steps through every second', () => {
  test('containers, hours and shares agree, in any split of the stream', () => {
    fc.assert(
      fc.property(scenario, (chosen) => {
        const { requests, maxInputs, standing, scaledown, cuts } = chosen;
        const brute = bruteForceOccupancy(requests, {
          ...{ maxInputs, scaledown, standing, standingFrom: START, until: END },
        });
        const runs = requests.map(({ start, end, failed, container }, index) =>
          run(index, start, end, { failed, claim: container === null ? null : named(container) }),
        );
        const sessions = foldRuns(
          runs,
          {
            maxInputs,
            scaledownWindowUs: scaledown * SECOND,
            minContainers: standing,
            standingFrom: START * SECOND,
          },
          { until: END * SECOND, cuts: cuts.map((second) => second * SECOND) },
        );
        compare(sessions, brute);
      }),
      { numRuns: 4_000 },
    );
  });
});

/** A container that was just started: nothing is known of a time before its first request. */
function named(id: string): ContainerClaim {
  return { id, level: 'observed', ageUs: 0, readyUs: 0, startedAt: null, endedAt: null };
}

function compare(sessions: readonly FoldedSession[], brute: BruteResult): void {
  const key = (from: number, refs: readonly number[]) =>
    `${from}:${[...refs].sort((a, b) => a - b)}`;
  const mine = sessions
    .filter(({ runs, standing }) => runs.length > 0 || standing)
    .map((session) => ({
      key: key(
        session.from / SECOND,
        session.runs.map(({ ref }) => ref),
      ),
      busy: session.busyUs / SECOND,
      idle: session.idleUs / SECOND,
      hours: session.cells.map(({ hour, busyUs, idleUs }) => [
        hour / SECOND,
        busyUs / SECOND,
        idleUs / SECOND,
      ]),
    }));
  const theirs = brute.containers.map(({ opened, served, busy, idle, hours }) => ({
    key: key(opened, served),
    busy,
    idle,
    hours: [...hours].map(([hour, time]) => [hour, time.busy, time.idle]),
  }));
  const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
  expect(mine.sort(byKey)).toEqual(theirs.sort(byKey));
  for (const { ref, execUs } of sessions.flatMap(({ runs }) => runs)) {
    const exact = ((brute.exec[ref] ?? Number.NaN) * SECOND) / 60;
    expect(Math.abs(execUs - exact)).toBeLessThan(1);
  }
}

/** Runs to the microsecond, some of which name their container and what they know of it. */
const anyRun = fc.record({
  start: fc.integer({ min: 0, max: 7_300 * SECOND }),
  length: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 * SECOND })),
  failed: fc.boolean(),
  claim: fc.option(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      level: fc.constantFrom('observed' as const, 'authoritative' as const),
      ageUs: fc.option(fc.integer({ min: 0, max: 3_000 * SECOND })),
      readyUs: fc.option(fc.integer({ min: 0, max: 400 * SECOND })),
      startedAt: fc.constant(null),
      endedAt: fc.option(fc.integer({ min: 0, max: 9_000 * SECOND })),
    }),
    { freq: 3 },
  ),
});

const anyPool = fc.record({
  runs: fc.array(anyRun, { maxLength: 60 }),
  maxInputs: fc.integer({ min: 1, max: 60 }),
  scaledownWindowUs: fc.integer({ min: 2 * SECOND, max: LONGEST_IDLE_US }),
  minContainers: fc.integer({ min: 0, max: 2 }),
  cuts: fc.array(fc.integer({ min: 0, max: 10_000 * SECOND }), { maxLength: 6 }),
});

const asRuns = (
  list: readonly (Omit<Run, 'ref' | 'end' | 'price'> & { readonly length: number })[],
) =>
  list.map(
    ({ length, ...rest }, ref): Run => ({ ...rest, ref, end: rest.start + length, price: 0 }),
  );

const UNTIL = { until: 100_000 * SECOND };

describe('of any runs', () => {
  test('folding in parts, with the state through JSON, gives what folding at once gives', () => {
    fc.assert(
      fc.property(anyPool, ({ runs: list, cuts, ...chosen }) => {
        const settings = { ...chosen, standingFrom: 0 };
        const runs = asRuns(list);
        const whole = inOrder(foldRuns(runs, settings, UNTIL));
        expect(inOrder(foldRuns(runs, settings, { ...UNTIL, cuts }))).toEqual(whole);
        expect(inOrder(foldRuns([...runs].reverse(), settings, UNTIL))).toEqual(whole);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the parts of each session sum to the whole, to the microsecond', () => {
    fc.assert(
      fc.property(anyPool, ({ runs: list, cuts, ...chosen }) => {
        const settings = { ...chosen, standingFrom: 0 };
        const sessions = foldRuns(asRuns(list), settings, { ...UNTIL, cuts });
        expectWhole(sessions);
        const refs = sessions.flatMap(({ runs }) => runs.map(({ ref }) => ref));
        expect(refs.sort((a, b) => a - b)).toEqual(list.map((_, ref) => ref));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Two containers that end between the same two events are told of in either order. */
function inOrder(sessions: readonly FoldedSession[]) {
  return sessions
    .map(({ session: _, container: __, ...rest }) => ({ ...rest, text: JSON.stringify(rest) }))
    .sort((a, b) => a.from - b.from || a.closedAt - b.closedAt || (a.text < b.text ? -1 : 1));
}

function expectWhole(sessions: readonly FoldedSession[]): void {
  const execs = new Map<number, number>();
  for (const { container, standing, from, closedAt, runs, cells, ...times } of sessions) {
    const { busyUs, coldUs, idleUs } = times;
    expect(busyUs + coldUs + idleUs).toBe(closedAt - from);
    expect(sumOf(cells, (cell) => cell.busyUs)).toBe(busyUs);
    expect(sumOf(cells, (cell) => cell.coldUs)).toBe(coldUs);
    expect(sumOf(cells, (cell) => cell.idleUs)).toBe(idleUs);
    expect(cells.every(({ failedUs, busyUs: busy }) => failedUs <= busy + 0.5)).toBe(true);
    expect(runs.every(({ execUs }) => execUs >= 0)).toBe(true);
    // Somebody must pay for it.
    expect(runs.length > 0 || standing).toBe(true);
    const exec = sumOf(runs, ({ execUs }) => execUs) - busyUs;
    execs.set(container, (execs.get(container) ?? 0) + exec);
  }
  // A part may end while requests run; over all parts of a container the shares are its busy time.
  expect([...execs.values()].every((rest) => rest === 0)).toBe(true);
}

// Memory must stay bounded, so the requests of a busy container do not wait for its end.
test('a container busy for longer than a part shares its cold start among the first part, and sums stay whole', () => {
  const boot = 400 * SECOND;
  const claim = { ...named('a'), ageUs: boot, readyUs: boot };
  const runs = Array.from({ length: 3 * PART_RUNS }, (_, ref) => ({
    ...run(ref, 1_000 + ref, 1_000.9 + ref),
    claim,
  }));
  const settings = { maxInputs: 4, scaledownWindowUs: 60 * SECOND, minContainers: 0 };
  const sessions = foldRuns(runs, { ...settings, standingFrom: null }, UNTIL);
  expect(sessions.map(({ runs: own, coldUs }) => [own.length, coldUs])).toEqual([
    [PART_RUNS, boot],
    [PART_RUNS, 0],
    [PART_RUNS, 0],
  ]);
  expectWhole(sessions);
  const [first, last] = [sessions[0], sessions.at(-1)];
  const lived = (last?.closedAt ?? 0) - (first?.from ?? 0);
  expect(sessions.reduce((sum, s) => sum + s.busyUs + s.coldUs + s.idleUs, 0)).toBe(lived);
});
