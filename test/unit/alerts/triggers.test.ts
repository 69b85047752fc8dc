import { describe, expect, test } from 'vitest';
import { cost } from '../../../alerts/triggers/cost.ts';
import { egress, repeatableShare, tieredCost } from '../../../alerts/triggers/egress.ts';
import { edgeShare, latency } from '../../../alerts/triggers/latency.ts';
import { TRIGGER_RULES } from '../../../alerts/triggers/registry.ts';
import { scale } from '../../../alerts/triggers/scale.ts';
import { trendEvidence } from '../../../alerts/triggers/trend.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import type { LatencyFacts, LatencySplit } from '../../../src/core/facts.ts';
import { MICROS_PER_DAY } from '../../../src/core/units.ts';
import {
  factsWith,
  hoursOf,
  NOW,
  recorderWith,
  verdictOf,
} from '../../support/timeline/facts-kit.ts';

const usd = (amount: number) => amount * 1e9;
const BROKEN = recorderWith({ journal: { ok: false, entriesAtRisk: 1, lastError: 'EIO' } });

test.each(TRIGGER_RULES)('$id says its rule in a sentence', (rule) => {
  expect(rule.describe(DEFAULT_ALERT_SETTINGS)).toMatch(/\d|no requirement is declared/);
});

describe('trigger.scale', () => {
  const at = (perHour: number, more: object = {}) =>
    verdictOf(scale, factsWith({ hours: hoursOf(120, { requests: perHour }), ...more }));

  test.each([
    [100, 'not_met'],
    [112, 'approaching'],
    [138, 'approaching'],
    [139, 'met'],
  ])('at %i requests an hour it is %s', (perHour, state) => expect(at(perHour).state).toBe(state));

  test('is pending until fourteen days are over, and says until when', () => {
    const hours = hoursOf(120, { requests: 50 }).map((hour, index, all) =>
      index < all.length - 20 * 24 ? hour : { ...hour, requests: 260 },
    );
    const verdict = verdictOf(scale, factsWith({ hours }));
    expect(verdict.state).toBe('pending');
    expect(verdict.reason).toMatch(
      /Over it since .*; met on 2026-1[12]-\d\d .* if it stays \(14 days\)/,
    );
    expect(verdict.until).toBeGreaterThan(NOW);
  });

  test('says how many days are missing', () => {
    const young = at(1, { firstRequestAt: NOW - 10 * MICROS_PER_DAY });
    expect(young).toMatchObject({ state: 'insufficient_data' });
    expect(young.reason).toContain('20 more day(s)');
    expect(at(1, { firstRequestAt: null }).reason).toContain('30 more day(s)');
  });

  test('a broken recorder hides what is low, never what is high', () => {
    expect(at(100, { recorder: BROKEN })).toMatchObject({ state: 'unknown' });
    expect(at(100, { recorder: BROKEN }).reason).toContain('may be too low');
    expect(at(150, { recorder: BROKEN }).state).toBe('met');
    const mute = recorderWith({ traffic: { calls: 4, records: 0 } });
    expect(at(100, { recorder: mute }).state).toBe('unknown');
    const silent = recorderWith({ traffic: { calls: 0, records: 0 } });
    expect(at(100, { recorder: silent }).state).toBe('not_met');
    const whole = recorderWith({ journal: { ok: true, entriesAtRisk: 0, lastError: null } });
    expect(at(100, { recorder: whole }).state).toBe('not_met');
  });

  test('what was met before the record begins stays met between the levels', () => {
    const stored = (state: 'met' | 'cleared', since: number | null) => ({
      previous: { 'trigger.scale||': { state, since, streak: 9 } },
    });
    const long = NOW - 300 * MICROS_PER_DAY;
    // 95,000 in 30 days: below the threshold, above nine tenths of it.
    expect(at(132, stored('met', long)).state).toBe('met');
    expect(at(132, stored('cleared', long)).state).toBe('approaching');
    expect(at(132, stored('met', null)).state).toBe('approaching');
    expect(at(132, stored('met', NOW - 1)).state).toBe('approaching');
  });
});

describe('trigger.egress', () => {
  test('prices bytes by tiers, each for what falls into it', () => {
    const tiers = [
      { upToBytes: 10e9, nanoPerGb: usd(1) },
      { upToBytes: 20e9, nanoPerGb: usd(0.5) },
      { upToBytes: null, nanoPerGb: usd(0.1) },
    ];
    expect(tieredCost(0, tiers)).toBe(0);
    expect(tieredCost(5e9, tiers)).toBe(usd(5));
    expect(tieredCost(15e9, tiers)).toBe(usd(12.5));
    expect(tieredCost(30e9, tiers)).toBe(usd(16));
  });

  test("takes Modal's own line where the bill has one", () => {
    const bytesOut = 8e9;
    const own = hoursOf(120, { bytesOut });
    expect(verdictOf(egress, factsWith({ hours: own })).state).toBe('met');
    const billed = hoursOf(120, { bytesOut, egressBilledNano: usd(0.01) });
    const verdict = verdictOf(egress, factsWith({ hours: billed }));
    expect(verdict).toMatchObject({ state: 'not_met' });
    expect(verdict.value).toBeCloseTo(usd(7.2), -3);
  });

  test('shows what repeats, of the bytes whose digest is known', () => {
    const shares = { bytes: 100, byContentType: [{ name: 'image/png', bytes: 100 }], topPaths: [] };
    const facts = (digestedBytes: number) =>
      factsWith({ egress: { ...shares, digestedBytes, repeatableBytes: 20 } });
    expect(repeatableShare(facts(0))).toBeNull();
    expect(repeatableShare(facts(80))).toBe(0.25);
    const text = JSON.stringify(verdictOf(egress, facts(80)).evidence);
    expect(text).toContain('image/png 100 B');
    const endpoints = [{ name: 'chat', bytes30d: 70 } as never];
    const named = verdictOf(egress, { ...facts(80), endpoints });
    expect(JSON.stringify(named.evidence)).toContain('chat 70 B');
    expect(text).toContain('"text":"none"');
  });
});

describe('trigger.cost', () => {
  test('a whole calendar month over the threshold needs no fourteen days', () => {
    const october = Date.UTC(2026, 9, 1) * 1_000;
    const hours = hoursOf(120, {}).map((hour) =>
      hour.hour === october ? { ...hour, spendNano: usd(2_001) } : hour,
    );
    expect(verdictOf(cost, factsWith({ hours })).state).toBe('met');
    const less = hours.map((hour) => ({
      ...hour,
      spendNano: Math.min(hour.spendNano, usd(2_000)),
    }));
    expect(verdictOf(cost, factsWith({ hours: less })).state).not.toBe('met');
  });

  test('a stale bill makes it unknown, a stale collector of something else does not', () => {
    const stale = (name: string, lastSuccessAt: number | null) =>
      factsWith({
        recorder: recorderWith({
          collectors: [
            { name, lastSuccessAt, startedAt: NOW - 99, staleAfterUs: 50, lastError: null },
          ],
        }),
      });
    expect(verdictOf(cost, stale('modal-billing', null)).state).toBe('unknown');
    expect(verdictOf(cost, stale('modal-billing', NOW - 10)).state).toBe('not_met');
    expect(verdictOf(cost, stale('modal-rates', null)).state).toBe('not_met');
  });
});

const SPLIT: LatencySplit = {
  ...{ requests: 10, totalUs: 40_000_000, queueUs: null, coldUs: 5_000_000 },
  ...{ generationUs: 30_000_000, networkUs: 3_000_000, clientUs: 200_000, unattributedUs: 0 },
};

function objective(p95Us: number | null, more: Partial<LatencyFacts> = {}): LatencyFacts {
  return {
    ...{ endpoint: 'generate', operation: null, objectiveUs: 1e6 },
    firstRequestAt: NOW - 60 * MICROS_PER_DAY,
    weekly: Array.from({ length: 24 }, (_, index) => ({
      ...{ at: NOW - (23 - index) * MICROS_PER_DAY, requests: 100, p95Us },
    })),
    split: SPLIT,
    ...more,
  };
}

describe('trigger.latency', () => {
  const at = (...all: LatencyFacts[]) => verdictOf(latency, factsWith({ latency: all }));

  test('without an objective of a second there is nothing to miss', () => {
    expect(at().reason).toContain('No endpoint or operation declares');
    expect(at(objective(9e6, { objectiveUs: 5e6 })).reason).toContain('No endpoint or operation');
  });
  test.each([
    [0.7e6, 'not_met'],
    [0.9e6, 'approaching'],
    [1.4e6, 'met'],
    [null, 'insufficient_data'],
  ] as const)('a p95 of %s µs is %s', (p95, state) => expect(at(objective(p95)).state).toBe(state));

  test('needs seven days with requests', () => {
    const young = objective(2e6, { firstRequestAt: NOW - 3 * MICROS_PER_DAY });
    expect(at(young).reason).toContain('Seven days with requests are needed first');
    expect(at(objective(2e6, { firstRequestAt: null })).state).toBe('insufficient_data');
    expect(at(objective(2e6, { weekly: [] })).value).toBeNull();
  });
  test('the worst objective speaks, in whatever order they come', () => {
    const [good, bad] = [objective(0.5e6), objective(3e6, { endpoint: 'chat', operation: 'plan' })];
    expect(at(good, bad).headline).toContain('chat, operation plan');
    expect(at(bad, good).headline).toContain('chat, operation plan');
  });
  test('a broken recorder hides what is low', () => {
    const facts = factsWith({ latency: [objective(0.5e6)], recorder: BROKEN });
    expect(verdictOf(latency, facts)).toMatchObject({ state: 'unknown' });
    expect(verdictOf(latency, facts).reason).toContain('The recorder does not work');
  });
  test('what was met before the record begins stays met until it is clearly kept', () => {
    const previous = (state: 'met' | 'cleared', since: number | null) => ({
      previous: { 'trigger.latency||': { state, since, streak: 9 } },
    });
    const state = (given: object, p95 = 0.95e6) =>
      verdictOf(latency, factsWith({ latency: [objective(p95)], ...given })).state;
    expect(state(previous('met', NOW - 90 * MICROS_PER_DAY))).toBe('met');
    expect(state(previous('met', NOW))).toBe('approaching');
    expect(state(previous('met', null))).toBe('approaching');
    expect(state(previous('cleared', NOW - 90 * MICROS_PER_DAY))).toBe('approaching');
    const none = factsWith({ latency: [objective(null)], ...previous('met', 1) });
    expect(verdictOf(latency, none).state).toBe('insufficient_data');
  });
  test('shows where the time goes, the unknown as unknown', () => {
    const text = JSON.stringify(at(objective(3e6)).evidence);
    expect(text).toContain('"name":"of it queue","value":null');
    expect(text).toContain('"name":"of it GPU generation","value":3000000');
    expect(at(objective(3e6, { split: null })).evidence).toHaveLength(1);
    expect(at(objective(3e6, { split: { ...SPLIT, requests: 0 } })).evidence).toHaveLength(1);
  });
  test("an edge can save its own share, or the report's upper figure where nothing was measured", () => {
    expect(edgeShare(objective(38e6, { split: null }), 300_000)).toBeCloseTo(0.0079, 4);
    expect(edgeShare(objective(0.1e6, { split: null }), 300_000)).toBe(1);
    expect(edgeShare(objective(1e6), 300_000)).toBe(0.075);
    expect(edgeShare(objective(null), 300_000)).toBeNull();
    expect(edgeShare(objective(0), 300_000)).toBeNull();
    expect(edgeShare(objective(1e6, { weekly: [] }), 300_000)).toBeNull();
    const unknown = objective(1e6, { split: { ...SPLIT, networkUs: null } });
    expect(edgeShare(unknown, 300_000)).toBe(0.3);
    expect(edgeShare(objective(1e6, { split: { ...SPLIT, totalUs: 0 } }), 300_000)).toBe(0.3);
  });
});

describe('the trend', () => {
  const day = MICROS_PER_DAY;
  const texts = (...values: number[]) =>
    JSON.stringify(
      trendEvidence(
        values.map((value, index) => ({ at: NOW + index * day, value })),
        100,
        'UTC',
      ),
    );
  test('needs two points', () => {
    expect(texts()).toBe('[]');
    expect(texts(5)).toBe('[]');
  });
  test('names the day on which it goes on to the threshold', () => {
    expect(texts(80, 90)).toContain('Reaches the threshold on","text":"2026-11-26');
  });
  test('is silent where it falls, or is over already, and says what is too far', () => {
    expect(texts(90, 80)).not.toContain('Reaches');
    expect(texts(80, 120)).not.toContain('Reaches');
    expect(texts(10, 10.1)).toContain('not within two years');
    expect(texts(0, 50)).toContain('"value":null');
  });
});
