import { describe, expect, test } from 'vitest';
import { burnRate } from '../../../alerts/budgets/burn-rate.ts';
import { correction } from '../../../alerts/budgets/correction.ts';
import { costPerRequest } from '../../../alerts/budgets/cost-per-request.ts';
import { crossed, WHOLE_HOURS } from '../../../alerts/budgets/crossed.ts';
import { forecast } from '../../../alerts/budgets/forecast.ts';
import { BUDGET_RULES } from '../../../alerts/budgets/registry.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import type { Told } from '../../../src/core/facts.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../../src/core/units.ts';
import {
  factsWith,
  hoursOf,
  LIMITED_SETTINGS,
  NOW,
  settingsWith,
  toldBy,
  verdictOf,
} from '../../support/timeline/facts-kit.ts';

const usd = (amount: number) => amount * 1e9;

test.each(BUDGET_RULES)(
  '$id says its rule in a sentence, with the numbers of the settings',
  (rule) => {
    expect(rule.describe(LIMITED_SETTINGS)).toMatch(/\d|upstream/);
  },
);

/** An hour of today that cost so much. */
const spentToday = (amount: number) =>
  hoursOf(1, {}).map((hour, index) => (index === 0 ? { ...hour, spendNano: usd(amount) } : hour));

describe('budget.crossed', () => {
  const states = (spend: number) =>
    crossed
      .evaluate(factsWith({ hours: spentToday(spend) }), DEFAULT_ALERT_SETTINGS)
      .filter(({ period }) => period === '2026-11')
      .map(({ state }) => state);

  test.each([
    [399, ['not_met', 'not_met', 'not_met']],
    [400, ['approaching', 'not_met', 'not_met']],
    [500, ['met', 'not_met', 'not_met']],
    [1_650, ['met', 'met', 'approaching']],
    [2_000, ['met', 'met', 'met']],
  ])('at $%i the thresholds stand at %j', (spend, expected) => {
    expect(states(spend)).toEqual(expected);
  });

  test('the month before is judged while it is fresh and on record', () => {
    const now = Date.UTC(2026, 11, 5) * 1_000;
    const periods = (change: object) =>
      new Set(
        crossed
          .evaluate(factsWith({ now, ...change }), DEFAULT_ALERT_SETTINGS)
          .map(({ period }) => period),
      );
    expect([...periods({})]).toEqual(['2026-12', '2026-11']);
    expect([...periods({ hoursFrom: now - MICROS_PER_DAY })]).toEqual(['2026-12']);
    expect([...periods({ now: now + 10 * MICROS_PER_DAY })]).toEqual(['2026-12']);
  });

  test('names the next threshold, and a hard cap where there is none', () => {
    const at = (subject: string) =>
      verdictOf(crossed, factsWith({ hours: spentToday(2_500) }), { subject }).nextStep;
    expect(at('2000')).toContain('hard cap');
    expect(verdictOf(crossed, factsWith({ hours: spentToday(600) })).nextStep).toContain(
      '$1,000.00',
    );
  });
});

describe('budget.burn-rate', () => {
  const at = (hourUsd: number, more: object = {}) =>
    verdictOf(burnRate, factsWith({ hours: hoursOf(1, { spendNano: usd(hourUsd) }), ...more }));

  test('is met when the pace reaches the next threshold within a day', () => {
    expect(at(15)).toMatchObject({ state: 'met', subject: '500' });
    expect(at(15).headline).toMatch(/\$500\.00 is reached at 2026-11-2\d/);
  });
  test('is not met when it takes longer', () => expect(at(6).state).toBe('not_met'));
  test.each([0, 1e-9])(
    'a pace of $%f reaches nothing, and names no date that no calendar has',
    (pace) => {
      expect(at(pace)).toMatchObject({ state: 'not_met' });
      expect(at(pace).reason).toContain('not reached this month');
    },
  );
  test('what is reached only after the end of the month is no news', () => {
    const now = Date.UTC(2026, 10, 30, 20) * 1_000;
    const hours = hoursOf(1, { spendNano: usd(10) }, now);
    expect(verdictOf(burnRate, factsWith({ now, hours })).state).toBe('not_met');
  });
  test('beyond the last threshold there is nothing to reach', () => {
    expect(
      burnRate.evaluate(factsWith({ hours: spentToday(2_001) }), DEFAULT_ALERT_SETTINGS),
    ).toEqual([]);
  });
});

describe('budget.forecast', () => {
  const spending = (perDay: number, more: object = {}) =>
    factsWith({ hours: hoursOf(120, { spendNano: usd(perDay) / 24 }), ...more });

  test('says what it needs while there is too little', () => {
    const young = factsWith({ firstRequestAt: NOW - MICROS_PER_DAY });
    expect(verdictOf(forecast, young)).toMatchObject({ state: 'insufficient_data' });
    expect(verdictOf(forecast, young).reason).toContain('are missing');
  });
  test.each([
    [5, 'not_met'],
    [15, 'approaching'],
    [18, 'met'],
  ])('at $%i a day the first threshold is %s', (perDay, state) => {
    expect(verdictOf(forecast, spending(perDay), { subject: '500' }).state).toBe(state);
  });
  test('names the day of the crossing and how good earlier forecasts were', () => {
    const met = verdictOf(forecast, spending(18), { subject: '500' });
    expect(met.reason).toMatch(/expected on 2026-11-2\d/);
    expect(JSON.stringify(met.evidence)).toMatch(
      /median [\d.]+ % at this day of the month, over \d month/,
    );
  });
  test('without a whole month on record it says so', () => {
    const first = Date.UTC(2026, 10, 5) * 1_000;
    const hours = hoursOf(19, { spendNano: usd(40) / 24 });
    const met = verdictOf(forecast, factsWith({ hours, firstRequestAt: first }), {
      subject: '1000',
    });
    expect(met.state).toBe('met');
    expect(JSON.stringify(met.evidence)).toContain('no whole month on record yet');
  });
  test('a threshold that was crossed is no forecast any more', () => {
    expect(verdictOf(forecast, spending(30), { subject: '500' })).toMatchObject({
      ...{ state: 'not_met', reason: '$500.00 is crossed already.' },
    });
  });
  test('is told at the second evaluation that finds it, not at the first', () => {
    const facts = spending(18);
    expect(toldBy(forecast, facts)).toEqual([]);
    const previous = {
      'budget.forecast|2026-11|500': { state: 'met' as const, since: NOW, streak: 1 },
    };
    expect(toldBy(forecast, { ...facts, previous })).toEqual(['forecast']);
  });
});

describe('budget.correction', () => {
  const told = (change: Partial<Told> = {}): Told => ({
    ...{ rule: 'budget.crossed', period: '2026-11', subject: '500', kind: 'crossed' },
    ...{ at: NOW - 5 * MICROS_PER_DAY, value: usd(500), figures: { [WHOLE_HOURS]: usd(500) } },
    ...change,
  });
  const spent = (amount: number, billed = false) => ({
    hours: hoursOf(10, { billed }).map((hour, index) =>
      index === 0 ? { ...hour, spendNano: usd(amount) } : hour,
    ),
  });
  const at = (amount: number, change: Partial<Told> = {}, more: object = {}) =>
    verdictOf(correction, factsWith({ ...spent(amount), told: [told(change)], ...more }));

  test.each([
    [500, 'not_met'],
    [476, 'not_met'],
    [474, 'met'],
    [526, 'met'],
  ])('$%i instead of $500 is %s', (amount, state) => expect(at(amount).state).toBe(state));

  test('says whether the threshold stays crossed', () => {
    expect(at(400).reason).toMatch(/20 % less\. The threshold was not reached then/);
    expect(at(600, { value: usd(500) }).reason).toMatch(/20 % more\. The threshold stays crossed/);
  });
  test('is not judged before the bill covers the hours, or three days are over', () => {
    const young = { at: NOW - 2 * MICROS_PER_DAY };
    expect(at(400, young).state).toBe('not_met');
    const billed = factsWith({ ...spent(400, true), told: [told(young)] });
    expect(verdictOf(correction, billed).state).toBe('met');
  });
  test('is not judged while settlement is behind', () => {
    expect(at(400, {}).state).toBe('met');
    const { hours } = spent(400);
    const unsettled = hours.map((hour, index) =>
      index === 0 ? { ...hour, unsettledSince: NOW - 2 * MICROS_PER_HOUR } : hour,
    );
    expect(at(400, {}, { hours: unsettled }).state).toBe('not_met');
  });
  test('a notice without figures, from nothing, or from before the record says nothing new', () => {
    expect(at(500, { figures: {} }).state).toBe('not_met');
    expect(at(0, { value: 0, figures: {} }).state).toBe('not_met');
    const silent = (change: Partial<Told>, more: object = {}) =>
      correction.evaluate(factsWith({ told: [told(change)], ...more }), DEFAULT_ALERT_SETTINGS);
    expect(silent({ value: null })).toEqual([]);
    expect(silent({}, { hoursFrom: NOW })).toEqual([]);
    expect(silent({ at: NOW - 63 * MICROS_PER_DAY, period: '2026-09' })).toEqual([]);
    expect(silent({ at: NOW + 1 })).toEqual([]);
    expect(silent({ rule: 'budget.forecast', kind: 'forecast' })).toEqual([]);
  });
});

describe('budget.cost-per-request', () => {
  const at = (spend: number, successes: number) =>
    verdictOf(costPerRequest, factsWith({ hours: hoursOf(7, { spendNano: spend, successes }) }));
  test('compares the mean of seven days with the ceiling', () => {
    expect(at(usd(0.0064), 1).state).toBe('not_met');
    expect(at(usd(0.0066), 1)).toMatchObject({ state: 'met', value: usd(0.0066) });
  });
  test('needs a hundred successes', () => {
    expect(at(usd(1), 0)).toMatchObject({ state: 'insufficient_data', value: null });
    const few = factsWith({ hours: hoursOf(4, { spendNano: usd(1), successes: 1 }) });
    expect(verdictOf(costPerRequest, few).state).toBe('insufficient_data');
  });
  test('without a ceiling there is no such alert', () => {
    const settings = settingsWith({ budgets: { costPerRequestNano: null } });
    expect(costPerRequest.evaluate(factsWith(), settings)).toEqual([]);
    expect(costPerRequest.describe(settings)).toBe('no ceiling is configured');
  });
});
