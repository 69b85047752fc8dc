import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advance, previousOf, type StepContext } from '../../../alerts/lifecycle.ts';
import { evaluateRules } from '../../../alerts/lifecycle-evaluation.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import type { PreviousState } from '../../../src/core/facts.ts';
import { noticeKey } from '../../../src/core/notice.ts';
import { episodePolicy, type NoticePolicy, oncePolicy, type Rule } from '../../../src/core/rule.ts';
import { MICROS_PER_DAY } from '../../../src/core/units.ts';
import { RULE_STATES, type RuleState, type Verdict } from '../../../src/core/verdict.ts';
import { factsWith, NOW } from '../../support/timeline/facts-kit.ts';

const ONCE = oncePolicy('crossed', 'warning');
const EPISODE = episodePolicy(
  { kind: 'met', severity: 'warning' },
  { kind: 'cleared', severity: 'info' },
);
const ENDING: NoticePolicy = { ...ONCE, onCleared: { kind: 'ended', severity: 'info' } };

function verdict(state: RuleState, change: Partial<Verdict> = {}): Verdict {
  return {
    ...{ rule: 'r', period: '2026-11', subject: '500', title: 'R', headline: 'r', state },
    ...{ value: 1, threshold: 1, unit: 'count' as const, zone: 'UTC', since: null, until: null },
    window: { start: NOW - 1, end: NOW + MICROS_PER_DAY, label: '2026-11' },
    ...{ reason: '', evidence: [], nextStep: '', ...change },
  };
}

const stood = (state: RuleState, streak = 1): PreviousState => ({ state, since: 5, streak });
const context = (policy: NoticePolicy, told: string[] = []): StepContext => ({
  ...{ now: NOW, policy, told: new Set(told) },
});
const kindAfter = (
  policy: NoticePolicy,
  previous: PreviousState | null,
  found: Verdict,
  told: string[] = [],
) => advance(previous, found, context(policy, told)).notice?.kind ?? null;

const KEY = noticeKey({ rule: 'r', period: '2026-11', subject: '500', kind: 'crossed' });

describe('the next state', () => {
  test('keeps its start and counts on while it stays the same', () => {
    const { next } = advance(stood('met', 3), verdict('met'), context(ONCE));
    expect(next).toEqual({ state: 'met', since: 5, streak: 4 });
  });
  test('starts anew where it changes, or where the facts tell since when', () => {
    expect(advance(stood('met', 3), verdict('not_met'), context(ONCE)).next).toEqual({
      ...{ state: 'not_met', since: NOW, streak: 1 },
    });
    expect(advance(null, verdict('met', { since: 7 }), context(ONCE)).next.since).toBe(7);
  });
});

describe('what is told once a period', () => {
  test('is told at the first sight, and never again under its key', () => {
    expect(kindAfter(ONCE, null, verdict('met'))).toBe('crossed');
    expect(kindAfter(ONCE, stood('met'), verdict('met'))).toBe('crossed');
    expect(kindAfter(ONCE, stood('met'), verdict('met'), [KEY])).toBeNull();
    expect(kindAfter(ONCE, null, verdict('approaching'))).toBeNull();
  });
  test('waits for as many confirmations as it needs', () => {
    const twice = { ...ONCE, confirmations: 2 };
    expect(kindAfter(twice, null, verdict('met'))).toBeNull();
    expect(kindAfter(twice, stood('met'), verdict('met'))).toBe('crossed');
    expect(kindAfter(twice, stood('approaching', 9), verdict('met'))).toBeNull();
  });
  test('a rule without a kind is silent', () => {
    expect(kindAfter({ ...ONCE, onMet: null }, null, verdict('met'))).toBeNull();
    expect(kindAfter({ ...ENDING, onMet: null }, stood('met'), verdict('cleared'))).toBeNull();
  });
  test('has an end only if it was told that it began', () => {
    expect(kindAfter(ENDING, stood('met'), verdict('cleared'), [KEY])).toBe('ended');
    expect(kindAfter(ENDING, stood('met'), verdict('cleared'))).toBeNull();
    expect(kindAfter(ONCE, stood('met'), verdict('cleared'), [KEY])).toBeNull();
  });
  test('an end that nobody saw begin is told while it is news', () => {
    const unseen = { ...ENDING, tellUnseenEnd: true };
    expect(kindAfter(unseen, null, verdict('cleared'))).toBe('ended');
    expect(kindAfter(unseen, stood('cleared'), verdict('cleared'))).toBeNull();
    const old = { window: { start: 0, end: NOW - 2 * MICROS_PER_DAY, label: 'then' } };
    expect(kindAfter(unseen, null, verdict('cleared', old))).toBeNull();
  });
});

describe('what comes and goes', () => {
  test('is told when it begins and when it ends, under the day', () => {
    const step = advance(stood('pending'), verdict('met'), context(EPISODE));
    expect(step.notice).toMatchObject({ kind: 'met', period: '2026-11-24' });
    expect(step.notice?.changed).toBe('Was pending, is met.');
    expect(kindAfter(EPISODE, stood('met'), verdict('met'))).toBeNull();
    expect(kindAfter(EPISODE, stood('met'), verdict('cleared'))).toBe('cleared');
    expect(kindAfter(EPISODE, stood('not_met'), verdict('cleared'))).toBeNull();
  });
});

describe('a notice', () => {
  const noticeOf = (policy: NoticePolicy, previous: PreviousState | null, found = verdict('met')) =>
    advance(previous, found, context(policy)).notice;
  test('is old news at the end of its month, at least a day from now', () => {
    expect(noticeOf(ONCE, null)?.expiresAt).toBe(NOW + MICROS_PER_DAY);
    const month = { start: 0, end: NOW + 9 * MICROS_PER_DAY, label: '2026-11' };
    expect(noticeOf(ONCE, null, verdict('met', { window: month }))?.expiresAt).toBe(month.end);
    const other = { ...month, label: 'last hour' };
    expect(noticeOf(ONCE, null, verdict('met', { window: other }))?.expiresAt).toBe(
      NOW + 7 * MICROS_PER_DAY,
    );
  });
  test('says what changed', () => {
    expect(noticeOf(ONCE, null)?.changed).toBe('First evaluation: met.');
    expect(noticeOf(ONCE, stood('met'))?.changed).toBe('Confirmed: met.');
    expect(noticeOf(ONCE, stood('insufficient_data'))?.changed).toContain('Was insufficient data');
  });
});

describe('an evaluation', () => {
  const rule = (id: string, policy: NoticePolicy, verdicts: readonly Verdict[]): Rule => ({
    ...{ id, policy, title: id, describe: () => id },
    evaluate: () => verdicts.map((one) => ({ ...one, rule: id })),
  });
  const evaluate = (...rules: Rule[]) => evaluateRules(factsWith(), DEFAULT_ALERT_SETTINGS, rules);

  test('lets the highest threshold speak for the lower ones of its month', () => {
    const highest = { ...ONCE, highestOnly: true };
    const met = ['500', '2000', '1000'].map((subject) => verdict('met', { subject }));
    const other = verdict('met', { period: '2026-10', subject: '500' });
    const { notices } = evaluate(rule('budget.crossed', highest, [...met, other]));
    expect(notices.map(({ period, subject, covers }) => [period, subject, covers])).toEqual([
      ['2026-11', '2000', ['1000', '500']],
      ['2026-10', '500', []],
    ]);
  });
  test('an outage needs no notice of its incident in the same minute', () => {
    const kind = (name: string) => oncePolicy(name, 'critical');
    const both = [
      rule('o', kind('outage'), [verdict('met')]),
      rule('i', kind('incident'), [verdict('met')]),
    ];
    expect(evaluate(...both).notices.map((one) => one.kind)).toEqual(['outage']);
    const elsewhere = rule('i', kind('incident'), [verdict('met', { subject: 'chat' })]);
    expect(evaluate(both[0] as Rule, elsewhere).notices).toHaveLength(2);
  });
  test('remembers where each rule stood', () => {
    const previous = { 'r|2026-11|500': stood('met', 4) };
    expect(previousOf(factsWith({ previous }), verdict('met'))).toEqual(stood('met', 4));
    expect(previousOf(factsWith(), verdict('met'))).toBeNull();
  });
  test('tells each key once, whatever states follow each other', () => {
    const states = fc.array(fc.constantFrom(...RULE_STATES), { maxLength: 30 });
    fc.assert(
      fc.property(states, fc.constantFrom(ONCE, EPISODE, ENDING), (sequence, policy) => {
        const told = toldOver(sequence, policy);
        expect(told).toEqual([...new Set(told)]);
        if (policy === ONCE) expect(told.length).toBe(sequence.includes('met') ? 1 : 0);
      }),
    );
  });
});

/** Keys of what is told while states follow each other. */
function toldOver(sequence: readonly RuleState[], policy: NoticePolicy): string[] {
  const told: string[] = [];
  let previous: PreviousState | null = null;
  for (const state of sequence) {
    const step = advance(previous, verdict(state), context(policy, told));
    previous = step.next;
    if (step.notice !== null) told.push(noticeKey(step.notice));
  }
  return told;
}
