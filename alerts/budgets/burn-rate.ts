import type { Facts } from '../../src/core/facts.ts';
import { durationText, instantText, usdText } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { monthSpend, settlementBehind, spendFacts } from '../../src/core/spend-facts.ts';
import { MICROS_PER_HOUR } from '../../src/core/units.ts';
import { figure, type Verdict } from '../../src/core/verdict.ts';
import { hourFloor } from '../../src/core/zoned-time.ts';
import { thresholdSubject } from './threshold-subject.ts';

/** At the last hour's pace the next threshold is reached within a day. */
export const burnRate: Rule = {
  id: 'budget.burn-rate',
  title: 'Burn rate',
  policy: oncePolicy('burn_rate', 'warning'),
  describe: ({ budgets }) =>
    `the last hour's pace reaches the next threshold within ${durationText(budgets.burnWithinUs)}`,
  evaluate: (facts, { budgets }) => {
    const spent = monthSpend(facts).nano;
    const next = budgets.monthlyNano.find((threshold) => threshold > spent);
    return next === undefined ? [] : [burnVerdict(facts, next, budgets.burnWithinUs)];
  },
};

function burnVerdict(facts: Facts, threshold: number, withinUs: number): Verdict {
  const { month, nano } = monthSpend(facts);
  const behind = settlementBehind(facts);
  const pace = lastHour(facts);
  const leftUs = pace <= 0 ? null : Math.round(((threshold - nano) / pace) * MICROS_PER_HOUR);
  // A pace close to nothing leads to no date that a calendar has: past the month it is no news anyway.
  const inMonth = leftUs !== null && facts.now + leftUs < month.end;
  const met = inMonth && leftUs <= withinUs;
  const reaches = `${usdText(threshold)} is ${inMonth ? `reached at ${instantText(facts.now + leftUs, facts.zone)}` : 'not reached this month'}`;
  return {
    rule: burnRate.id,
    period: month.label,
    subject: thresholdSubject(threshold),
    title: `${burnRate.title} against ${usdText(threshold)}`,
    headline: `at ${usdText(pace)} an hour, ${reaches}`,
    state: behind === null ? (met ? 'met' : 'not_met') : 'insufficient_data',
    value: leftUs,
    threshold: withinUs,
    unit: 'us',
    window: { start: facts.now - MICROS_PER_HOUR, end: facts.now, label: 'last hour' },
    zone: facts.zone,
    since: null,
    until: null,
    reason:
      behind ??
      `The last hour cost ${usdText(pace)}; ${month.label} (${facts.zone}) stands at ${usdText(nano)}. ` +
        `At this pace ${reaches}.`,
    evidence: [
      figure('Spend of the last hour', pace, 'nano_usd'),
      figure('Spend of the month', nano, 'nano_usd'),
    ],
    nextStep: 'Check for a runaway client or a container that does not scale down.',
  };
}

/** The last 60 minutes, from whole hours: this hour, and of the one before the part that is not yet over. */
function lastHour(facts: Facts): number {
  const spend = spendFacts(facts);
  const start = hourFloor(facts.now);
  const passed = (facts.now - start) / MICROS_PER_HOUR;
  const before = spend.sum(start - MICROS_PER_HOUR, start);
  return Math.round(spend.sum(start, facts.now + 1) + before * (1 - passed));
}
