import type { AlertSettings } from '../../src/core/alert-settings.ts';
import type { Facts } from '../../src/core/facts.ts';
import { usdText } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { monthSpend, spendFacts } from '../../src/core/spend-facts.ts';
import { APPROACH_RATIO } from '../../src/core/sustained.ts';
import { figure, type RuleState, type Verdict } from '../../src/core/verdict.ts';
import { hourFloor } from '../../src/core/zoned-time.ts';
import { thresholdSubject } from './threshold-subject.ts';

/** Figure that a later correction compares with: hours that were over when the alert was decided. */
export const WHOLE_HOURS = 'Spend of its whole hours';

/**
 * The month's spend has reached a threshold. Never resolved inside the month: money does not come back. The
 * next month starts clean.
 */
export const crossed: Rule = {
  id: 'budget.crossed',
  title: 'Monthly spend',
  policy: { ...oncePolicy('crossed', 'warning'), highestOnly: true },
  describe: ({ budgets }) =>
    `spend of the calendar month reaches ${budgets.monthlyNano.map(usdText).join(', ')}`,
  evaluate: (facts, settings) =>
    settings.budgets.monthlyNano.map((threshold) => crossedVerdict(facts, settings, threshold)),
};

function crossedVerdict(facts: Facts, { budgets }: AlertSettings, threshold: number): Verdict {
  const { month, nano } = monthSpend(facts);
  const state = stateOf(nano, threshold);
  const next = budgets.monthlyNano.find((one) => one > nano);
  return {
    rule: crossed.id,
    period: month.label,
    subject: thresholdSubject(threshold),
    title: `${crossed.title} ${usdText(threshold)}`,
    headline: `spend of ${month.label} crossed ${usdText(threshold)}: now ${usdText(nano)}`,
    state,
    value: nano,
    threshold,
    unit: 'nano_usd',
    window: month,
    zone: facts.zone,
    since: null,
    until: null,
    reason: `Spend of ${month.label} (${facts.zone}) is ${usdText(nano)}; the threshold is ${usdText(threshold)}.`,
    evidence: [
      figure('Spend of the month', nano, 'nano_usd'),
      figure(WHOLE_HOURS, wholeHours(facts, month.start), 'nano_usd'),
    ],
    nextStep:
      next === undefined
        ? 'Look at what costs most on the spend page, and set a hard cap in Modal if this must not go on.'
        : `Look at what costs most on the spend page. The next threshold is ${usdText(next)}.`,
  };
}

function wholeHours(facts: Facts, monthStart: number): number {
  return spendFacts(facts).hours.sum(monthStart, hourFloor(facts.now));
}

function stateOf(nano: number, threshold: number): RuleState {
  if (nano >= threshold) return 'met';
  return nano >= APPROACH_RATIO * threshold ? 'approaching' : 'not_met';
}
