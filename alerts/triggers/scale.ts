import { hourSeries } from '../../src/core/hour-series.ts';
import { grouped } from '../../src/core/measure-text.ts';
import type { Rule } from '../../src/core/rule.ts';
import { trailingVerdict } from './trailing.ts';
import { TRIGGER_POLICY } from './trigger-policy.ts';

/** Report 4.4, trigger 1: ">100k requests/month sustained". */
export const scale: Rule = {
  id: 'trigger.scale',
  title: 'Scale',
  policy: TRIGGER_POLICY,
  describe: ({ triggers }) =>
    `more than ${grouped(triggers.scale.requests)} requests in the trailing 30 days, on every one of the last ` +
    `${triggers.scale.sustainDays} days`,
  evaluate: (facts, { triggers }) => {
    const requests = hourSeries(facts.hours, (hour) => hour.requests);
    return [
      trailingVerdict(facts, {
        rule: scale.id,
        title: scale.title,
        what: 'Requests',
        unit: 'requests',
        threshold: triggers.scale.requests,
        sustainDays: triggers.scale.sustainDays,
        valueOf: (from, to) => requests.sum(from, to),
        evidence: [],
        nextStep: 'Read the go/no-go list: scale alone is one of five conditions.',
        collectors: [],
      }),
    ];
  },
};
