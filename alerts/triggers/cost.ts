import { DAYS_30 } from '../../src/core/alert-settings.ts';
import type { Facts, HourFacts } from '../../src/core/facts.ts';
import { type HourSeries, hourSeries } from '../../src/core/hour-series.ts';
import { usdText } from '../../src/core/measure-text.ts';
import type { Rule } from '../../src/core/rule.ts';
import { settlementBehind, spendFacts } from '../../src/core/spend-facts.ts';
import type { EpochMicros } from '../../src/core/units.ts';
import { type Evidence, figure } from '../../src/core/verdict.ts';
import { monthWindow, windowBefore } from '../../src/core/zoned-time.ts';
import { trailingVerdict } from './trailing.ts';
import { TRIGGER_POLICY } from './trigger-policy.ts';

/** Report 4.4, trigger 5: "Modal bill >$2k/mo (multi-cloud may be cheaper)". */
export const cost: Rule = {
  id: 'trigger.cost',
  title: 'Cost pressure',
  policy: TRIGGER_POLICY,
  describe: ({ triggers }) =>
    `spend of the trailing 30 days exceeds ${usdText(triggers.cost.monthlyNano)} on every one of the last ` +
    `${triggers.cost.sustainDays} days, or a whole calendar month exceeds it`,
  evaluate: (facts, { triggers }) => {
    const spend = spendFacts(facts);
    return [
      trailingVerdict(facts, {
        rule: cost.id,
        title: cost.title,
        what: 'Effective spend',
        unit: 'nano_usd',
        threshold: triggers.cost.monthlyNano,
        sustainDays: triggers.cost.sustainDays,
        valueOf: (from, to) => spend.sum(from, to),
        forcedAt: (at) => lastWholeMonth(spend, facts.zone, at) > triggers.cost.monthlyNano,
        evidence: spendSplit(facts),
        nextStep:
          'Read the projection: it says whether the multi-cloud would be cheaper at this volume.',
        collectors: ['modal-billing'],
        withheld: settlementBehind(facts),
      }),
    ];
  },
};

/** Spend of the last calendar month that was over at `at`. */
function lastWholeMonth(spend: HourSeries, zone: string, at: EpochMicros): number {
  const month = windowBefore(monthWindow(at, zone), zone);
  return spend.sum(month.start, month.end);
}

function spendSplit(facts: Facts): Evidence[] {
  const from = facts.now - DAYS_30;
  const sum = (pick: (hour: HourFacts) => number) =>
    hourSeries(facts.hours, pick).sum(from, facts.now);
  const [busy, cold, idle] = [
    sum((hour) => hour.busyNano),
    sum((hour) => hour.coldNano),
    sum((hour) => hour.idleNano),
  ];
  const all = sum((hour) => hour.spendNano);
  return [
    figure('Busy', busy, 'nano_usd'),
    figure('Cold start', cold, 'nano_usd'),
    figure('Idle', idle, 'nano_usd'),
    figure('Other', all - busy - cold - idle, 'nano_usd'),
    figure(
      'Unpriced requests',
      sum((hour) => hour.unpriced),
      'requests',
    ),
  ];
}
