import { type Facts, type IncidentFacts, stateKey } from '../../src/core/facts.ts';
import { durationText, grouped, instantText } from '../../src/core/measure-text.ts';
import type { Rule } from '../../src/core/rule.ts';
import type { Micros } from '../../src/core/units.ts';
import { figure, type RuleState, textEvidence, type Verdict } from '../../src/core/verdict.ts';

/** How an incident stands against a duration: pending until it has lasted so long, cleared once it ended. */
export function incidentVerdict(
  facts: Facts,
  one: IncidentFacts,
  { rule, thresholdUs }: { readonly rule: Rule; readonly thresholdUs: Micros },
): Verdict {
  const end = one.endedAt ?? facts.now;
  const lasted = Math.max(0, end - one.startedAt);
  const state = stateOf(facts, one, { rule, over: lasted >= thresholdUs });
  const start = instantText(one.startedAt, facts.zone);
  const classes = one.classes.map(({ name, count }) => `${name} ${grouped(count)}`).join(', ');
  return {
    rule: rule.id,
    period: one.id,
    subject: one.endpoint,
    title: `${rule.title}: ${one.endpoint}`,
    headline: '',
    state,
    value: lasted,
    threshold: thresholdUs,
    unit: 'us',
    window: {
      start: one.startedAt,
      end,
      label: one.endedAt === null ? 'since the first failure' : 'incident',
    },
    zone: facts.zone,
    since: state === 'met' ? one.startedAt + thresholdUs : one.startedAt,
    until: state === 'pending' ? one.startedAt + thresholdUs : null,
    reason:
      one.endedAt === null
        ? `${one.endpoint} has answered nothing but failures since ${start}: ${grouped(one.failures)} in ${durationText(lasted)}, the last at ${instantText(one.lastFailureAt, facts.zone)}.`
        : `${one.endpoint} failed from ${start} to ${instantText(one.endedAt, facts.zone)}: ${grouped(one.failures)} requests in ${durationText(lasted)}.`,
    evidence: [
      figure('Duration', lasted, 'us'),
      figure('Failed requests', one.failures, 'requests'),
      textEvidence('Failures', classes || 'not classified'),
    ],
    nextStep:
      one.endedAt === null
        ? "Look at Modal's status page and at the app's logs; the failures name who answered."
        : 'Nothing to do. The incident is in the weekly report.',
  };
}

function stateOf(
  facts: Facts,
  one: IncidentFacts,
  { rule, over }: { readonly rule: Rule; readonly over: boolean },
): RuleState {
  if (one.endedAt === null) return over ? 'met' : 'pending';
  const before = facts.previous[stateKey(rule.id, one.id, one.endpoint)]?.state;
  return over || before === 'met' ? 'cleared' : 'not_met';
}
