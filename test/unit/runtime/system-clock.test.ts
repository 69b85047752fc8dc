import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clockOf, systemClock } from '../../../src/runtime/system-clock.ts';

const ORIGIN = Date.UTC(2026, 10, 24, 9) + 0.123;

/** A machine whose time a test moves, in milliseconds. */
function machine() {
  const time = { since: 0, setBy: 0 };
  const clock = clockOf({
    origin: ORIGIN,
    sinceOrigin: () => time.since,
    wall: () => Math.floor(ORIGIN + time.since + time.setBy),
  });
  return { time, clock };
}

test('instants have microseconds of their own, and the wall clock’s time', () => {
  const { time, clock } = machine();
  time.since = 1_500.042;
  expect(clock.now()).toBe(Math.round((ORIGIN + 1_500.042) * 1_000));
  expect(clock.monotonic()).toBe(1_500_042);
});

test('a wall clock that is corrected by a second or less is not followed', () => {
  const { time, clock } = machine();
  time.setBy = -900;
  expect(clock.now()).toBe(Math.round(ORIGIN * 1_000));
});

test.each([-3_600_000, -1_500, 1_500, 31_536_000_000])(
  'a wall clock that is set by %d ms is followed once, and instants keep their order behind it',
  (setBy) => {
    const { time, clock } = machine();
    time.setBy = setBy;
    const first = clock.now();
    expect(Math.abs(first - (ORIGIN + setBy) * 1_000)).toBeLessThanOrEqual(1_000);
    for (let step = 1; step <= 3_000; step += 1) {
      time.since = step * 0.337;
      expect(Math.abs(clock.now() - first - time.since * 1_000)).toBeLessThanOrEqual(1);
    }
  },
);

test('instants go back only when the wall clock is set back, and stay within a second of it', () => {
  const moves = fc.record({
    passes: fc.double({ min: 0, max: 5_000, noNaN: true }),
    setBy: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      // Never a second and back: at the edge a millisecond decides.
      fc.integer({ min: -25, max: 25 }).map((count) => count * 400),
    ),
  });
  fc.assert(
    fc.property(fc.array(moves), (list) => {
      const { time, clock } = machine();
      let before = clock.now();
      for (const { passes, setBy } of list) {
        time.since += passes;
        time.setBy += setBy;
        const now = clock.now();
        expect(Math.abs(now / 1_000 - (ORIGIN + time.since + time.setBy))).toBeLessThan(1_002);
        if (setBy >= 0) expect(now).toBeGreaterThanOrEqual(before);
        before = now;
      }
    }),
  );
});

test('the machine’s clock tells the machine’s time', () => {
  expect(Math.abs(systemClock.now() / 1_000 - Date.now())).toBeLessThan(1_100);
});
