import { expect, test } from 'vitest';
import type { SoakSample } from '../../support/soak/process-sample.ts';
import { soakVerdict } from '../../support/soak/soak-verdict.ts';

const sample = (minute: number, liveMiB: number, sockets = 3): SoakSample => ({
  atSeconds: 60 * minute,
  rssMiB: liveMiB + 100,
  liveMiB,
  sockets,
  handles: sockets + 20,
});
const minutes = Array.from({ length: 21 }, (_, minute) => minute);
const quiet = { before: sample(0, 100), after: sample(21, 100) };

test.each([
  ['flat', minutes.map((minute) => sample(minute, 150 + (minute % 3)))],
  [
    'grown while it warmed up',
    minutes.map((minute) => sample(minute, Math.min(200, 100 + 20 * minute))),
  ],
  ['up and down', minutes.map((minute) => sample(minute, 150 + 15 * (minute % 4)))],
])('a size that is %s is no leak', (_, during) => {
  expect(soakVerdict(during, quiet).leaks).toEqual([]);
});

test('a size that goes on growing is a leak, with its slope', () => {
  const verdict = soakVerdict(
    minutes.map((minute) => sample(minute, 150 + 2 * minute)),
    quiet,
  );
  expect(verdict.slopeMiBPerMinute).toBeCloseTo(2);
  expect(verdict.leaks).toEqual(['live size grows by 2.00 MiB a minute']);
});

test('connections that stay open after the load are a leak', () => {
  const verdict = soakVerdict([], { before: sample(0, 100), after: sample(1, 100, 40) });
  expect(verdict.leaks).toHaveLength(2);
});
