import { expect, test } from 'vitest';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../../src/core/units.ts';
import { createRecorderWatch } from '../../../src/office/recorder-watch.ts';
import { type ProxyStats, zeroByOutcome } from '../../../src/proxy/proxy-stats.ts';

function stats(ok: number, failed = 0): ProxyStats {
  const endpoint = {
    ...{ endpoint: 'generate', bytesIn: 0, bytesOut: 0, inFlight: 0, queued: 0, connections: 0 },
    requests: { ...zeroByOutcome(), ok, upstream_error: failed },
  };
  return {
    endpoints: [endpoint],
    ...{ unknownEndpoint: 0, malformed: 0, clientConnections: 0, refusedConnections: 0, parked: 0 },
  };
}

function watched() {
  let now = 0;
  const watch = createRecorderWatch({ now: () => now, monotonic: () => now });
  return { watch, pass: (minutes: number) => (now += minutes * MICROS_PER_MINUTE) };
}

test('a proxy that runs elsewhere says nothing of traffic', () => {
  expect(watched().watch.facts()).toEqual({ intakeLagUs: 0, traffic: null });
});

test('counts calls and records of a quarter of an hour, and forgets older ones', () => {
  const { watch, pass } = watched();
  pass(1);
  watch.reported(stats(3, 2));
  watch.taken(5, true);
  pass(2);
  watch.taken(0, true);
  expect(watch.facts()).toEqual({ intakeLagUs: 0, traffic: { calls: 5, records: 5 } });
  pass(20);
  watch.reported(stats(3, 2));
  watch.taken(0, true);
  expect(watch.facts().traffic).toEqual({ calls: 0, records: 0 });
});

test('calls that the proxy had counted before the office started are not missed', () => {
  const { watch, pass } = watched();
  watch.resumed(stats(1_000));
  watch.reported(stats(1_000));
  pass(2);
  watch.reported(stats(1_001));
  pass(2);
  expect(watch.facts().traffic).toEqual({ calls: 1, records: 0 });
});

test('a call is not missed before it had the time to become a record', () => {
  const { watch, pass } = watched();
  watch.reported(stats(0));
  pass(5);
  watch.reported(stats(1));
  watch.taken(0, true);
  expect(watch.facts().traffic).toEqual({ calls: 0, records: 0 });
  pass(2);
  watch.taken(0, true);
  expect(watch.facts().traffic).toEqual({ calls: 1, records: 0 });
});

test('many reports within a second are one', () => {
  const { watch, pass } = watched();
  for (let index = 0; index < 100; index += 1) {
    pass(0.001);
    watch.reported(stats(index));
  }
  pass(3);
  expect(watch.facts().traffic?.calls).toBe(99);
});

test('the journal lags while it was not taken in to its end', () => {
  const { watch, pass } = watched();
  watch.taken(10, true);
  pass(0.05);
  expect(watch.facts().intakeLagUs).toBe(0);
  pass(1);
  watch.taken(4_000, false);
  expect(watch.facts().intakeLagUs).toBe(63 * MICROS_PER_SECOND);
  watch.taken(4_000, true);
  expect(watch.facts().intakeLagUs).toBe(0);
});
