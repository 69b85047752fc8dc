import type { Facts } from '../../src/core/facts.ts';
import { usdText } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { type LimitUse, limitUses } from '../../src/core/spending-limit.ts';
import { APPROACH_RATIO } from '../../src/core/sustained.ts';
import { figure, type RuleState, type Verdict } from '../../src/core/verdict.ts';
import { monthWindow } from '../../src/core/zoned-time.ts';

/** A client or an endpoint has used up what it may spend in a month. Told once a month. */
export const spendingLimits: Rule = {
  id: 'budget.limit',
  title: 'Spending limit',
  policy: oncePolicy('used_up', 'warning'),
  describe: ({ budgets: { limits } }) =>
    limits.length === 0
      ? 'no client and no endpoint has a monthly limit'
      : `the calendar month's spend of ${limits
          .map((limit) => `${limit.of} ${limit.name} reaches ${usdText(limit.monthlyNano)}`)
          .join(', of ')}`,
  evaluate: (facts, { budgets }) =>
    limitUses(budgets.limits, facts.spenders).map((use) => limitVerdict(facts, use)),
};

function limitVerdict(facts: Facts, use: LimitUse): Verdict {
  const month = monthWindow(facts.now, facts.zone);
  const who = `${use.of} ${use.name}`;
  const limit = usdText(use.monthlyNano);
  return {
    rule: spendingLimits.id,
    period: month.label,
    subject: who,
    title: `${spendingLimits.title} of ${who}`,
    headline: `${who} has spent ${usdText(use.spentNano)} of its ${limit} in ${month.label}`,
    state: stateOf(use),
    value: use.spentNano,
    threshold: use.monthlyNano,
    unit: 'nano_usd',
    window: month,
    zone: facts.zone,
    since: null,
    until: null,
    reason: `In ${month.label} (${facts.zone}) ${who} has spent ${usdText(use.spentNano)}; it may spend ${limit}.`,
    evidence: [
      figure('Spend of the month', use.spentNano, 'nano_usd'),
      figure('Limit of the month', use.monthlyNano, 'nano_usd'),
    ],
    nextStep:
      use.action === 'refuse'
        ? `Once it is used up, further requests are answered with 402 until the month ends. Raise monthlyUsd of ${who} to let them pass.`
        : `Requests still pass. Set onBudget to refuse to stop them, or raise monthlyUsd of ${who}.`,
  };
}

function stateOf({ usedUp, spentNano, monthlyNano }: LimitUse): RuleState {
  if (usedUp) return 'met';
  return spentNano >= APPROACH_RATIO * monthlyNano ? 'approaching' : 'not_met';
}
