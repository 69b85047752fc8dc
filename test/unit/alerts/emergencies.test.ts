import { describe, expect, test } from 'vitest';
import { complianceEmergency } from '../../../alerts/emergencies/compliance.ts';
import { incident, relevant } from '../../../alerts/emergencies/incident.ts';
import { outage } from '../../../alerts/emergencies/outage.ts';
import { EMERGENCY_RULES } from '../../../alerts/emergencies/registry.ts';
import { spike } from '../../../alerts/emergencies/spike.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import type { IncidentFacts } from '../../../src/core/facts.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../../src/core/units.ts';
import {
  factsWith,
  hoursOf,
  NOW,
  settingsWith,
  toldBy,
  verdictOf,
} from '../../support/timeline/facts-kit.ts';

const usd = (amount: number) => amount * 1e9;

test.each(EMERGENCY_RULES)('$id says its rule in a sentence', (rule) => {
  expect(rule.describe(DEFAULT_ALERT_SETTINGS).length).toBeGreaterThan(20);
});

function failing(lastedUs: number, change: Partial<IncidentFacts> = {}): IncidentFacts {
  return {
    ...{ id: 'i1', endpoint: 'generate', startedAt: NOW - lastedUs, endedAt: null },
    ...{ lastFailureAt: NOW - 1, failures: 9, classes: [{ name: 'timeout', count: 9 }] },
    ...change,
  };
}

describe('incidents and outages', () => {
  const at = (one: IncidentFacts, rule = incident, previous = {}) =>
    verdictOf(rule, factsWith({ incidents: [one], previous }));

  test.each([
    [4, 'pending', 'pending'],
    [5, 'met', 'pending'],
    [239, 'met', 'pending'],
    [240, 'met', 'met'],
  ])('after %i minutes: incident %s, outage %s', (minutes, small, large) => {
    expect(at(failing(minutes * MICROS_PER_MINUTE)).state).toBe(small);
    expect(at(failing(minutes * MICROS_PER_MINUTE), outage).state).toBe(large);
  });
  test('an end clears what was met, and a short one was nothing', () => {
    const ended = (lasted: number) => failing(lasted, { endedAt: NOW });
    expect(at(ended(MICROS_PER_HOUR)).state).toBe('cleared');
    expect(at(ended(MICROS_PER_HOUR)).headline).toContain('is up again after 1 h and 9 failed');
    expect(at(ended(MICROS_PER_MINUTE)).state).toBe('not_met');
    const before = {
      'emergency.incident|i1|generate': { state: 'met' as const, since: 1, streak: 1 },
    };
    expect(at(ended(MICROS_PER_MINUTE), incident, before).state).toBe('cleared');
    expect(at(ended(5 * MICROS_PER_HOUR), outage).headline).toContain('is down for 5 h');
  });
  test('few failures are no incident, whatever the rule', () => {
    const few = failing(MICROS_PER_DAY, { failures: 2 });
    expect(incident.evaluate(factsWith({ incidents: [few] }), DEFAULT_ALERT_SETTINGS)).toEqual([]);
    expect(relevant(factsWith({ incidents: [few] }))).toEqual([]);
  });
  test('what nobody classified is said to be so', () => {
    const text = JSON.stringify(at(failing(MICROS_PER_HOUR, { classes: [] })).evidence);
    expect(text).toContain('not classified');
  });
  test('the end is told of what began unseen, unless it is old', () => {
    const ended = (at: number) => ({
      incidents: [failing(0, { startedAt: at - MICROS_PER_HOUR, endedAt: at })],
    });
    expect(toldBy(incident, factsWith(ended(NOW)))).toEqual(['ended']);
    expect(toldBy(incident, factsWith(ended(NOW - 2 * MICROS_PER_DAY)))).toEqual([]);
    const previous = {
      'emergency.incident|i1|generate': { state: 'cleared' as const, since: 1, streak: 1 },
    };
    expect(toldBy(incident, factsWith({ ...ended(NOW), previous }))).toEqual([]);
  });
});

describe('emergency.spike', () => {
  const paces = (before: number, now: number, more: object = {}) => {
    const hours = hoursOf(60, {}).map((hour, index, all) => ({
      ...hour,
      spendNano: usd(index < all.length - 24 ? before : now) / 24,
    }));
    return factsWith({ hours, ...more });
  };
  test.each([
    [10, 70, 'approaching'],
    [10, 76, 'approaching'],
    [10, 77, 'met'],
    [10, 12, 'not_met'],
    [100, 60, 'not_met'],
  ])('$%i a day before, $%i now: %s', (before, now, state) => {
    expect(verdictOf(spike, paces(before, now)).state).toBe(state);
  });
  test('needs a week before the last day', () => {
    const young = (first: number | null) => paces(10, 500, { firstRequestAt: first });
    expect(verdictOf(spike, young(NOW - 7 * MICROS_PER_DAY))).toMatchObject({
      state: 'insufficient_data',
      value: null,
    });
    expect(verdictOf(spike, young(null)).state).toBe('insufficient_data');
    expect(verdictOf(spike, young(NOW - 8 * MICROS_PER_DAY)).state).toBe('met');
  });
  test('is not judged while settlement is behind, and says so', () => {
    const since = (ago: number) => {
      const facts = paces(10, 500);
      const [first, ...rest] = facts.hours;
      return { ...facts, hours: [{ ...first!, unsettledSince: NOW - ago }, ...rest] };
    };
    expect(verdictOf(spike, since(90 * MICROS_PER_MINUTE)).state).toBe('met');
    const late = verdictOf(spike, since(91 * MICROS_PER_MINUTE));
    expect(late.state).toBe('insufficient_data');
    expect(late.reason).toContain('Settlement is 1.5 h behind');
  });
  test('stays met between the levels, then is cleared', () => {
    const stood = (state: 'met' | 'cleared', since: number | null) => ({
      previous: { 'emergency.spike||': { state, since, streak: 1 } },
    });
    expect(verdictOf(spike, paces(10, 72, stood('met', 1))).state).toBe('met');
    expect(verdictOf(spike, paces(10, 60, stood('met', 1))).state).toBe('cleared');
    expect(verdictOf(spike, paces(10, 60, stood('met', null))).state).toBe('cleared');
    expect(verdictOf(spike, paces(10, 60, stood('cleared', 1))).state).toBe('not_met');
  });
});

describe('emergency.compliance', () => {
  const at = (effectiveAt: number) =>
    verdictOf(complianceEmergency, factsWith(), {
      settings: settingsWith({
        triggers: {
          compliance: [
            { name: 'GDPR', regions: ['eu'], effectiveAt, reference: 'art. 44', endpoints: null },
          ],
        },
      }),
    });
  test.each([
    [1, 'pending'],
    [0, 'met'],
    [-91 * MICROS_PER_DAY, 'met'],
    [-92 * MICROS_PER_DAY, 'cleared'],
  ])('effective in %i µs: %s', (ahead, state) => expect(at(NOW + ahead).state).toBe(state));
});
