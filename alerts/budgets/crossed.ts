import type { AlertSettings } from '../../src/core/alert-settings.ts';
import type { Facts } from '../../src/core/facts.ts';
import { usdText } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { spendFacts } from '../../src/core/spend-facts.ts';
import { APPROACH_RATIO } from '../../src/core/sustained.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import { figure, type RuleState, type Verdict } from '../../src/core/verdict.ts';
import {
  hourFloor,
  monthWindow,
  windowBefore,
  type ZonedWindow,
} from '../../src/core/zoned-time.ts';
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
    months(facts).flatMap((month) =>
      settings.budgets.monthlyNano.map((threshold) =>
        crossedVerdict(facts, settings, { threshold, month }),
      ),
    ),
};

/** What was spent in a month's last minutes, or is known late, is still news for some days. */
const LATE_US = 10 * MICROS_PER_DAY;

/** This month, and the one before while it is fresh and on record. */
function months(facts: Facts): readonly ZonedWindow[] {
  const month = monthWindow(facts.now, facts.zone);
  const before = windowBefore(month, facts.zone);
  const fresh = facts.now - before.end < LATE_US && facts.hoursFrom <= before.start;
  return fresh ? [month, before] : [month];
}

function crossedVerdict(
  facts: Facts,
  { budgets }: AlertSettings,
  { threshold, month }: { readonly threshold: number; readonly month: ZonedWindow },
): Verdict {
  const nano = spendFacts(facts).sum(month.start, month.end);
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
      figure(WHOLE_HOURS, wholeHours(facts, month), 'nano_usd'),
    ],
    nextStep:
      next === undefined
        ? 'Look at what costs most on the spend page, and set a hard cap in Modal if this must not go on.'
        : `Look at what costs most on the spend page. The next threshold is ${usdText(next)}.`,
  };
}

function wholeHours(facts: Facts, month: ZonedWindow): number {
  const end = Math.min(hourFloor(facts.now), month.end);
  return spendFacts(facts).sum(month.start, end);
}

function stateOf(nano: number, threshold: number): RuleState {
  if (nano >= threshold) return 'met';
  return nano >= APPROACH_RATIO * threshold ? 'approaching' : 'not_met';
}
