import type { Facts } from '../../src/core/facts.ts';
import { hourSeries } from '../../src/core/hour-series.ts';
import { grouped, usdText } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { settlementBehind, spendFacts } from '../../src/core/spend-facts.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import { figure, type Verdict } from '../../src/core/verdict.ts';
import { monthWindow } from '../../src/core/zoned-time.ts';
import { thresholdSubject } from './threshold-subject.ts';

const WINDOW_US = 7 * MICROS_PER_DAY;
/** A mean of fewer requests than this says nothing. */
const MIN_SUCCESSES = 100;

/** What a successful request really costs, idle time and failures included. Told once a month. */
export const costPerRequest: Rule = {
  id: 'budget.cost-per-request',
  title: 'Cost per successful request',
  policy: oncePolicy('cost_per_request', 'info'),
  describe: ({ budgets }) =>
    budgets.costPerRequestNano === null
      ? 'no ceiling is configured'
      : `spend ÷ successful requests of 7 days exceeds ${usdText(budgets.costPerRequestNano)}`,
  evaluate: (facts, { budgets }) =>
    budgets.costPerRequestNano === null ? [] : [ceilingVerdict(facts, budgets.costPerRequestNano)],
};

function ceilingVerdict(facts: Facts, ceiling: number): Verdict {
  const from = facts.now - WINDOW_US;
  const spend = spendFacts(facts).sum(from, facts.now);
  const successes = hourSeries(facts.hours, (hour) => hour.successes).sum(from, facts.now);
  const each = successes === 0 ? null : Math.round(spend / successes);
  const behind = settlementBehind(facts);
  const enough = successes >= MIN_SUCCESSES && each !== null && behind === null;
  const over = enough && each > ceiling;
  const known = each === null ? 'has no successful request' : `is ${usdText(each)}`;
  return {
    rule: costPerRequest.id,
    period: monthWindow(facts.now, facts.zone).label,
    subject: thresholdSubject(ceiling),
    title: costPerRequest.title,
    headline: `a successful request costs ${usdText(each ?? 0)}, over ${usdText(ceiling)}`,
    state: enough ? (over ? 'met' : 'not_met') : 'insufficient_data',
    value: each,
    threshold: ceiling,
    unit: 'nano_usd',
    window: { start: from, end: facts.now, label: 'trailing 7 days' },
    zone: facts.zone,
    since: null,
    until: null,
    reason:
      behind ??
      `The cost per successful request ${known} over 7 days (${usdText(spend)} ÷ ${grouped(successes)}); ` +
        `the ceiling is ${usdText(ceiling)}. At least ${MIN_SUCCESSES} successes are needed.`,
    evidence: [
      figure('Spend of 7 days', spend, 'nano_usd'),
      figure('Successful requests', successes, 'requests'),
    ],
    nextStep:
      'Try a shorter scaledown window or more inputs for each container with `tripmeter whatif`.',
  };
}
