import type { AlertSettings, ResidencyRequirement } from '../../src/core/alert-settings.ts';
import { type Facts, type RegionCount, stateKey } from '../../src/core/facts.ts';
import { grouped, instantText } from '../../src/core/measure-text.ts';
import type { Rule } from '../../src/core/rule.ts';
import { type Evidence, figure, textEvidence, type Verdict } from '../../src/core/verdict.ts';
import { blindedState } from './blinded.ts';
import { type Violation, violationsOf } from './residency.ts';
import { TRIGGER_POLICY } from './trigger-policy.ts';

/**
 * Report 4.4, trigger 4: "specific data residency requirements (multi-region)". Pending until the requirement
 * takes effect, met from then on while an endpoint it covers runs, or may run, outside its regions.
 */
export const compliance: Rule = {
  id: 'trigger.compliance',
  title: 'Data residency',
  policy: TRIGGER_POLICY,
  describe: ({ triggers }) =>
    triggers.compliance.length === 0
      ? 'no requirement is declared'
      : `an endpoint runs, or may run, outside the regions of: ${triggers.compliance.map(({ name }) => name).join(', ')}`,
  evaluate: (facts, settings) => [complianceVerdict(facts, settings)],
};

function complianceVerdict(facts: Facts, { triggers }: AlertSettings): Verdict {
  const violations = triggers.compliance.flatMap((one) => violationsOf(facts, one));
  const inForce = violations.filter(({ requirement }) => requirement.effectiveAt <= facts.now);
  const ahead = violations
    .filter((violation) => !inForce.includes(violation))
    .sort((a, b) => a.requirement.effectiveAt - b.requirement.effectiveAt);
  const state = stateOf(facts, inForce.length, ahead.length);
  const first = inForce[0] ?? ahead[0];
  return {
    rule: compliance.id,
    period: '',
    subject: '',
    title: compliance.title,
    headline:
      first === undefined
        ? 'data residency holds'
        : `${first.endpoint} may run outside ${first.requirement.regions.join(', ')}`,
    state,
    value: inForce.length,
    threshold: 0,
    unit: 'count',
    window: { start: facts.now, end: facts.now, label: 'now; regions seen in 30 days' },
    zone: facts.zone,
    since: null,
    until: inForce.length > 0 ? null : (ahead[0]?.requirement.effectiveAt ?? null),
    reason: reasonOf(facts, triggers.compliance, first),
    evidence: evidenceOf(facts, violations),
    nextStep:
      'Pin the region in the Modal decorator and in the configuration, or plan a region of your own.',
  };
}

function stateOf(facts: Facts, inForce: number, ahead: number): Verdict['state'] {
  if (inForce > 0) return 'met';
  if (ahead > 0) return 'pending';
  const before = facts.previous[stateKey(compliance.id, '', '')]?.state;
  const held = before === 'met' || before === 'cleared' ? 'cleared' : 'not_met';
  return blindedState(facts, held, ['container-identity']);
}

function reasonOf(
  facts: Facts,
  requirements: readonly ResidencyRequirement[],
  first: Violation | undefined,
): string {
  if (requirements.length === 0)
    return 'No residency requirement is declared in the configuration.';
  if (first === undefined) {
    return `Every endpoint stays inside the regions of ${requirements.length} declared requirement(s).`;
  }
  const { requirement } = first;
  const how =
    first.pin === null
      ? 'was seen outside'
      : `is configured with region "${first.pin}", so may run outside`;
  const when = instantText(requirement.effectiveAt, facts.zone);
  return (
    `${first.endpoint} ${how} ${requirement.regions.join(', ')}, which ${requirement.name} ` +
    `(${requirement.reference}) demands from ${when}; ${grouped(first.outside)} requests ran outside in 30 days.`
  );
}

function evidenceOf(facts: Facts, violations: readonly Violation[]): Evidence[] {
  const outside = violations.reduce((sum, violation) => sum + violation.outside, 0);
  const regions = facts.endpoints.flatMap(({ containerRegions }) => containerRegions);
  const countries = facts.endpoints.flatMap(({ clientCountries }) => clientCountries);
  return [
    figure('Requests outside', outside, 'requests'),
    textEvidence('By container region', counted(regions)),
    textEvidence('By client country', counted(countries)),
    ...violations.map(({ endpoint, requirement, pin, seenIn }) =>
      textEvidence(
        `${requirement.name}: ${endpoint}`,
        `region pin ${pin ?? 'good'}; seen outside in ${seenIn.join(', ') || 'none'}`,
      ),
    ),
  ];
}

function counted(rows: readonly RegionCount[]): string {
  const sums = new Map<string, number>();
  for (const { region, requests } of rows) sums.set(region, (sums.get(region) ?? 0) + requests);
  const sorted = [...sums].sort(([, a], [, b]) => b - a);
  return (
    sorted.map(([region, requests]) => `${region} ${grouped(requests)}`).join(', ') || 'not known'
  );
}
