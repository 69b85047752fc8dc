import { describe, expect, test } from 'vitest';
import {
  type Checkpoint,
  changesBetween,
  checkpointOf,
  checkpointQuarter,
} from '../../../alerts/decision/checkpoint.ts';
import { checkpointNotice } from '../../../alerts/decision/checkpoint-notice.ts';
import { decide } from '../../../alerts/decision/decide.ts';
import { maturityOf } from '../../../alerts/decision/maturity.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import type { Facts, LatencyFacts } from '../../../src/core/facts.ts';
import { MICROS_PER_DAY } from '../../../src/core/units.ts';
import type { RuleState, Verdict } from '../../../src/core/verdict.ts';
import { factsWith, hoursOf, NOW, settingsWith } from '../../support/timeline/facts-kit.ts';

const usd = (amount: number) => amount * 1e9;
const CAPACITY = { who: 'platform team', until: NOW + MICROS_PER_DAY };
const READY = settingsWith({ decision: { capacity: CAPACITY } });

function verdict(rule: string, state: RuleState): Verdict {
  return {
    ...{
      rule,
      state,
      period: '',
      subject: '',
      title: rule,
      headline: rule,
      value: 1,
      threshold: 1,
    },
    ...{ unit: 'count' as const, window: { start: 0, end: 1, label: '' }, zone: 'UTC' },
    ...{ since: null, until: null, reason: `${rule} is ${state}.`, evidence: [], nextStep: '' },
  };
}

const TRIGGERS = ['scale', 'egress', 'latency', 'compliance', 'cost'];
const triggers = (...met: string[]) =>
  TRIGGERS.map((id) => verdict(`trigger.${id}`, met.includes(id) ? 'met' : 'not_met'));

/** 1.2 million requests a month for half a year, $9,000 a month. */
const BIG: Facts = factsWith({ hours: hoursOf(120, { requests: 1_667, spendNano: usd(12.5) }) });

const decided = (verdicts: readonly Verdict[], facts = BIG, settings = READY) =>
  decide(facts, settings, { verdicts, measured: null });

describe('go/no-go', () => {
  const met = (facts: Facts, settings = READY, verdicts = triggers('scale')) =>
    Object.fromEntries(
      decided(verdicts, facts, settings).goNoGo.map(({ id, met: yes }) => [id, yes]),
    );

  test('all five hold for a service that is big, old, dear and staffed', () => {
    expect(met(BIG)).toEqual({ scale: true, cost: true, data: true, roi: true, capacity: true });
    expect(decided(triggers('scale')).recommendation).toBe('migrate');
  });
  test.each(['insufficient_data', 'unknown'] as const)('scale that is %s is not known', (state) => {
    expect(met(BIG, READY, [verdict('trigger.scale', state)]).scale).toBeNull();
  });
  test('without a verdict on scale it is judged anew', () => {
    expect(met(BIG, READY, []).scale).toBe(true);
  });
  test('egress alone is cost enough', () => {
    const hours = hoursOf(120, { requests: 1_667, bytesOut: 8e9 });
    expect(met(factsWith({ hours })).cost).toBe(true);
    expect(met(factsWith()).cost).toBe(false);
  });
  test('data needs six months and four days in five', () => {
    expect(met({ ...BIG, firstRequestAt: null }).data).toBe(false);
    expect(met({ ...BIG, firstRequestAt: NOW - 170 * MICROS_PER_DAY, activeDays: 170 }).data).toBe(
      false,
    );
    expect(met({ ...BIG, activeDays: 150 }).data).toBe(false);
    expect(met({ ...BIG, activeDays: 161 }).data).toBe(true);
  });
  test('the migration must pay back within a year', () => {
    const [roi] = decided([], factsWith({ hours: hoursOf(120, { requests: 20 }) })).goNoGo.filter(
      ({ id }) => id === 'roi',
    );
    expect(roi).toMatchObject({ met: false, reason: expect.stringContaining('more each month') });
    expect(met(factsWith({ hours: hoursOf(120, { requests: 200 }) })).roi).toBe(false);
  });
  test('measured cost counts before the report’s', () => {
    const measured = [
      { requests: 0, nano: 0 },
      { requests: 1_000_000, nano: usd(100) },
    ];
    const cheap = decide(BIG, READY, { verdicts: triggers(), measured });
    expect(cheap.goNoGo.find(({ id }) => id === 'roi')?.met).toBe(false);
    expect(cheap.projection.breakEvenRequests).toBeNull();
  });
  test('capacity runs out, and says so', () => {
    const none = decided([], BIG, DEFAULT_ALERT_SETTINGS).goNoGo.at(-1);
    expect(none).toMatchObject({
      met: false,
      reason: expect.stringContaining('Nobody is declared'),
    });
    const late = settingsWith({ decision: { capacity: { ...CAPACITY, until: NOW } } });
    const expired = decided([], BIG, late).goNoGo.at(-1);
    expect(expired).toMatchObject({ met: false, reason: expect.stringContaining('expired on') });
  });
});

test.each([
  [0, 1],
  [10_000, 1],
  [10_001, 2],
  [100_000, 2],
  [100_001, 3],
])('%i requests a month are maturity level %i', (requests, level) => {
  expect(maturityOf(requests).level).toBe(level);
});

describe('the recommendation', () => {
  const SMALL = factsWith({ hours: hoursOf(120, { requests: 20 }) });
  const repeating = (share: number): Partial<Facts> => ({
    egress: {
      ...{ bytes: 100, digestedBytes: 100, repeatableBytes: 100 * share },
      ...{ byContentType: [], topPaths: [] },
    },
  });
  const slow = (networkUs: number, objectiveUs = 1e6): LatencyFacts => ({
    ...{ endpoint: 'generate', operation: null, objectiveUs, firstRequestAt: 0 },
    weekly: [{ at: NOW, requests: 9, p95Us: 2e6 }],
    split: {
      ...{ requests: 1, totalUs: 2e6, queueUs: null, coldUs: null, generationUs: null },
      ...{ networkUs, clientUs: 0, unattributedUs: 0 },
    },
  });

  test('is to stay while nothing asks for more', () => {
    const { recommendation, reasons } = decided(triggers('cost'), SMALL);
    expect(recommendation).toBe('stay');
    expect(reasons[0]).toBe('1 of 5 triggers are met.');
    expect(reasons.join(' ')).toContain('Missing: More than 100k requests a month, sustained.');
  });
  test('an emergency comes before everything, an incident is none', () => {
    const outage = [...triggers('scale'), verdict('emergency.outage', 'met')];
    expect(decided(outage)).toMatchObject({
      ...{ recommendation: 'reassess_now', reasons: ['emergency.outage is met.'] },
    });
    expect(
      decided([...triggers(), verdict('emergency.incident', 'met')], SMALL).recommendation,
    ).toBe('stay');
    expect(
      decided([...triggers(), verdict('emergency.spike', 'cleared')], SMALL).recommendation,
    ).toBe('stay');
  });
  test.each([
    ['egress', repeating(0.2), 'add_edge'],
    ['egress', repeating(0.19), 'stay'],
    ['cost', repeating(0.9), 'stay'],
    ['latency', { latency: [slow(0.3e6)] }, 'add_edge'],
    ['latency', { latency: [slow(0.1e6)] }, 'stay'],
    ['latency', { latency: [slow(0.3e6, 5e6)] }, 'stay'],
    ['latency', { latency: [{ ...slow(0.3e6), weekly: [] }] }, 'stay'],
    ['cost', { latency: [slow(0.3e6)] }, 'stay'],
    ['egress', {}, 'stay'],
  ] as const)(
    'with %s met and %j it is %s: an edge where it would help',
    (trigger, facts, expected) => {
      expect(decided(triggers(trigger), { ...SMALL, ...facts }).recommendation).toBe(expected);
    },
  );
});

describe('checkpoints', () => {
  const first: Checkpoint = checkpointOf(decided(triggers()), NOW, 'UTC');

  test('look back on the quarter that ended', () => {
    expect(checkpointQuarter(Date.UTC(2026, 3, 1, 9) * 1_000, 'UTC')).toBe('2026-Q1');
    expect(first).toMatchObject({ quarter: '2026-Q3', conditions: { capacity: true } });
    expect(Object.keys(first.triggers)).toHaveLength(5);
  });
  test('say what changed, in sentences', () => {
    expect(changesBetween(null, first)).toEqual(['This is the first checkpoint.']);
    expect(changesBetween(first, first)).toEqual(['Nothing changed.']);
    const later: Checkpoint = {
      ...first,
      ...{ recommendation: 'stay', maturityLevel: 2 },
      triggers: { ...first.triggers, 'trigger.cost': 'met', 'trigger.new': 'met' },
      conditions: { ...first.conditions, capacity: false, roi: null, added: true },
    };
    expect(changesBetween({ ...first, recommendation: 'migrate' }, later)).toEqual([
      'The recommendation went from migrate to stay.',
      'The maturity level went from 3 to 2.',
      'trigger.cost went from not_met to met.',
      'trigger.new went from unknown to met.',
      'Condition roi went from yes to unknown.',
      'Condition capacity went from yes to no.',
      'Condition added went from unknown to yes.',
    ]);
  });
  test('are told as one notice for each quarter', () => {
    const decision = decided(triggers('scale'));
    const notice = checkpointNotice(BIG, decision, { before: null, after: first });
    expect(notice).toMatchObject({ period: '2026-Q3', kind: 'checkpoint', severity: 'info' });
    expect(notice.verdict.headline).toBe('2026-Q3: migrate, go/no-go 5 of 5');
  });
});
