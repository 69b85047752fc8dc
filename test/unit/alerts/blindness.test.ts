import { describe, expect, test } from 'vitest';
import { blindness } from '../../../alerts/budgets/blindness.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../../src/core/units.ts';
import {
  factsWith,
  hoursOf,
  NOW,
  recorderWith,
  toldBy,
  verdictOf,
} from '../../support/timeline/facts-kit.ts';

describe('budget.blindness', () => {
  const spot = (recorder: object, subject: string, more: object = {}) =>
    verdictOf(blindness, factsWith({ recorder: recorderWith(recorder), ...more }), { subject });

  test('what is not watched is not judged', () => {
    expect(blindness.evaluate(factsWith({ firstRequestAt: null }), DEFAULT_ALERT_SETTINGS)).toEqual(
      [],
    );
  });
  test.each([
    ['journal', { journal: { ok: true, entriesAtRisk: 0, lastError: null } }, 'not_met'],
    ['journal', { journal: { ok: false, entriesAtRisk: 3, lastError: null } }, 'met'],
    ['records', { traffic: { calls: 5, records: 0 } }, 'met'],
    ['records', { traffic: { calls: 0, records: 0 } }, 'not_met'],
    ['records', { traffic: { calls: 5, records: 4 } }, 'not_met'],
    ['intake', { intakeLagUs: 300e6 }, 'not_met'],
    ['intake', { intakeLagUs: 300e6 + 1 }, 'met'],
    ['disk', { diskFreeBytes: 1_024 ** 3 }, 'not_met'],
    ['disk', { diskFreeBytes: 1_024 ** 3 - 1 }, 'met'],
  ])('%s %j is %s', (subject, recorder, state) => {
    expect(spot(recorder, subject).state).toBe(state);
  });

  test('settlement that stays behind for an hour is told; an import that is being settled is not', () => {
    const hours = hoursOf(3, {}).map((hour, index) =>
      index === 0 ? { ...hour, unsettledSince: NOW - 2 * MICROS_PER_HOUR } : hour,
    );
    const stood = (state: 'pending' | 'met', ago: number) => ({
      hours,
      previous: { 'budget.blindness||settlement': { state, since: NOW - ago, streak: 2 } },
    });
    expect(spot({}, 'settlement', { hours }).state).toBe('pending');
    expect(spot({}, 'settlement', stood('pending', MICROS_PER_HOUR - 1)).state).toBe('pending');
    expect(spot({}, 'settlement', stood('pending', MICROS_PER_HOUR)).state).toBe('met');
    expect(spot({}, 'settlement', stood('met', 1)).state).toBe('met');
    expect(spot({}, 'settlement').state).toBe('not_met');
  });

  const sink = { name: 'honeycomb', lagUs: 0, depth: 0, stopped: null, rejected: 0 };
  test.each([
    [{}, 'not_met', /it is being retried/],
    [{ lagUs: 31 * 60e6, depth: 900 }, 'met', /900 records wait/],
    [{ stopped: 'the key was refused' }, 'met', /the key was refused/],
    [{ rejected: 7 }, 'not_met', /7 were refused and set aside/],
  ])('export %j is %s', (change, state, detail) => {
    const verdict = spot({ sinks: [{ ...sink, ...change }] }, 'export honeycomb');
    expect(verdict.state).toBe(state);
    expect(verdict.reason).toMatch(detail);
  });

  const collector = {
    name: 'modal-billing',
    startedAt: NOW - 100,
    staleAfterUs: 50,
    lastError: null,
  };
  test.each([
    [{ lastSuccessAt: NOW - 10 }, 'not_met'],
    [{ lastSuccessAt: NOW - 51, lastError: '401' }, 'met'],
    [{ lastSuccessAt: null }, 'met'],
  ])('a collector %j is %s', (change, state) => {
    const found = spot({ collectors: [{ ...collector, ...change }] }, 'collector modal-billing');
    expect(found.state).toBe(state);
  });

  test('silence in hours that had traffic in each of four weeks is told, any other is not', () => {
    const busy = hoursOf(60, { requests: 30 });
    const quiet = busy.filter(({ hour }) => hour < NOW - 3 * MICROS_PER_HOUR);
    expect(spot({}, 'traffic', { hours: quiet })).toMatchObject({ state: 'met', threshold: 90 });
    expect(spot({}, 'traffic', { hours: busy }).state).toBe('not_met');
    const sparse = quiet.map((hour) => ({ ...hour, requests: 19 }));
    expect(spot({}, 'traffic', { hours: sparse }).state).toBe('not_met');
    const young = { hours: quiet, firstRequestAt: NOW - 20 * MICROS_PER_DAY };
    expect(() => spot({}, 'traffic', young)).toThrow(/no verdict/);
  });

  test('is told when it begins and when it ends', () => {
    const broken = recorderWith({ diskFreeBytes: 1 });
    expect(toldBy(blindness, factsWith({ recorder: broken }))).toEqual(['blind']);
    const previous = { 'budget.blindness||disk': { state: 'met' as const, since: NOW, streak: 3 } };
    const whole = recorderWith({ diskFreeBytes: 1e12 });
    expect(toldBy(blindness, factsWith({ recorder: whole, previous }))).toEqual(['sees_again']);
    const cleared = {
      'budget.blindness||disk': { state: 'cleared' as const, since: NOW, streak: 1 },
    };
    expect(toldBy(blindness, factsWith({ recorder: whole, previous: cleared }))).toEqual([]);
  });
});
