import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ReplayState, replay } from '../../../src/ledger/journal-replay.ts';
import type { JournalEntry } from '../../../src/ports/journal.ts';
import { SAMPLE_START, sampleClosed, sampleOpened } from '../../support/ledger/sample-requests.ts';

const SECOND = 1_000_000;
const HOUR = 3_600 * SECOND;
const YEAR = 365 * 24 * HOUR;
const EMPTY: ReplayState = { open: new Map(), lastEntryAt: 0, clockAt: null, carried: null };

const at = (seconds: number) => SAMPLE_START + seconds * SECOND;
const opened = (startedAt: number): JournalEntry => ({
  type: 'opened',
  request: sampleOpened({ startedAt }),
});
const closed = (startedAt: number, durationUs: number): JournalEntry => ({
  type: 'closed',
  request: sampleClosed({ startedAt, durationUs }),
});
const alive = (instant: number): JournalEntry => ({ type: 'alive', at: instant });
/** The head of another process's first segment. */
const boot = (instant: number) => [
  { type: 'segment' as const, at: instant },
  { type: 'boot' as const, at: instant, instance: `i${instant}` },
];

/** What the only crash in these entries is said to have lasted, and to have cost of a container. */
function crash(state: ReplayState, entries: Parameters<typeof replay>[1]) {
  const { closed: records } = replay(state, entries);
  const crashed = records.filter(({ outcome }) => outcome === 'crash_recovered');
  expect(crashed).toHaveLength(1);
  expect(crashed[0]?.execEstimateUs).toBe(crashed[0]?.durationUs);
  return (crashed[0]?.durationUs ?? Number.NaN) / SECOND;
}

describe.each([HOUR, YEAR])('a clock that is set by %d µs', (step) => {
  test('back, before the request that is killed, costs nothing', () => {
    const entries = [...boot(at(0) + step), opened(at(10)), alive(at(12)), ...boot(at(20))];
    expect(crash(EMPTY, entries)).toBe(2);
  });

  test('back, while the request runs, costs nothing', () => {
    const ahead = at(10) + step;
    const entries = [opened(ahead), alive(ahead + 5 * SECOND), alive(at(16)), alive(at(17))];
    expect(crash(EMPTY, [...entries, ...boot(at(20))])).toBe(6);
  });

  test('forward, while the request runs, costs nothing', () => {
    const ahead = at(13) + step;
    const entries = [opened(at(10)), alive(at(12)), alive(ahead), alive(ahead + 4 * SECOND)];
    expect(crash(EMPTY, [...entries, ...boot(ahead + 9 * SECOND)])).toBe(6);
  });

  test('costs nothing in a later process', () => {
    const entries = [...boot(at(0) + step), alive(at(1) + step), ...boot(at(5)), opened(at(10))];
    expect(crash(EMPTY, [...entries, alive(at(11)), ...boot(at(20))])).toBe(1);
  });

  test('back, while another request runs, costs the seconds until the next sign of life at most', () => {
    const other = closed(at(0) + step, 11 * SECOND);
    const entries = [opened(at(10)), alive(at(11)), other, other, other, ...boot(at(20) + step)];
    expect(crash(EMPTY, entries)).toBe(3);
    expect(crash(EMPTY, [...entries.slice(0, 5), alive(at(12)), ...boot(at(20))])).toBe(2);
  });
});

test('an instant of years to come that the ledger has stored ends at the boot', () => {
  const state = { ...EMPTY, lastEntryAt: at(0) + YEAR };
  expect(crash(state, [opened(at(10)), ...boot(at(20))])).toBe(0);
  expect(
    crash({ ...replay(EMPTY, [opened(at(10))]), ...state, open: openAt(10) }, boot(at(20))),
  ).toBe(10);
  const heard = [alive(at(12)), ...boot(at(20))];
  expect(crash({ ...state, open: openAt(10) }, heard)).toBe(2);
});

function openAt(seconds: number): ReplayState['open'] {
  return replay(EMPTY, [opened(at(seconds))]).open;
}

test('without a step, the end of another request is a sign of life', () => {
  const entries = [opened(at(10)), alive(at(11)), closed(at(5), 6.5 * SECOND)];
  expect(crash(EMPTY, [...entries, ...boot(at(20))])).toBe(1.5);
});

test('a step is remembered with the open request when batches end in between', () => {
  const ahead = at(13) + YEAR;
  const first = replay(EMPTY, [opened(at(10)), alive(at(12)), alive(ahead)]);
  const stored = new Map(JSON.parse(JSON.stringify([...first.open])) as typeof first.open);
  const loaded = { open: stored, lastEntryAt: first.lastEntryAt, clockAt: null, carried: null };
  expect(crash(loaded, [alive(ahead + SECOND), ...boot(ahead + 9 * SECOND)])).toBe(3);
});

test('however the clock is set, a crash lasts as long as its process was seen, to a second for each step', () => {
  const steps = fc.record({
    after: fc.integer({ min: 1, max: 20 }),
    by: fc.oneof(
      fc.integer({ min: -YEAR, max: -2 * SECOND }),
      fc.integer({ min: HOUR, max: YEAR }),
    ),
  });
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 4 }), (stepped) => {
      let clock = SAMPLE_START;
      let seconds = 0;
      const entries: JournalEntry[] = [opened(clock)];
      for (const { after, by } of stepped) {
        for (let second = 0; second < after; second += 1) {
          clock += SECOND;
          entries.push(alive(clock));
        }
        seconds += after;
        clock += by;
      }
      const end = [alive(clock + SECOND), ...boot(clock + 3 * SECOND)];
      const error = Math.abs(crash(EMPTY, [...entries, ...end]) - (seconds + 1));
      expect(error).toBeLessThanOrEqual(stepped.length);
    }),
  );
});
