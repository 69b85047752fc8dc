import type { ResidencyRequirement } from '../../src/core/alert-settings.ts';
import type { Facts } from '../../src/core/facts.ts';
import { instantText } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import { type RuleState, textEvidence, type Verdict } from '../../src/core/verdict.ts';
import { dayWindow } from '../../src/core/zoned-time.ts';

/** A requirement is an emergency for a quarter, the time between two checkpoints; then it is a trigger. */
const RECENT_US = 92 * MICROS_PER_DAY;

/** Report 8.2: "compliance requirement (e.g. EU data residency)". Told on the day it takes effect. */
export const complianceEmergency: Rule = {
  id: 'emergency.compliance',
  title: 'Residency requirement takes effect',
  policy: oncePolicy('effective', 'critical'),
  describe: () => 'a declared residency requirement becomes effective',
  evaluate: (facts, { triggers }) => triggers.compliance.map((one) => effectVerdict(facts, one)),
};

function effectVerdict(facts: Facts, requirement: ResidencyRequirement): Verdict {
  const at = instantText(requirement.effectiveAt, facts.zone);
  const inForce = requirement.effectiveAt <= facts.now;
  return {
    rule: complianceEmergency.id,
    period: dayWindow(requirement.effectiveAt, facts.zone).label,
    subject: requirement.name,
    title: `${complianceEmergency.title}: ${requirement.name}`,
    headline: `${requirement.name} is in force: data must stay in ${requirement.regions.join(', ')}`,
    state: stateOf(facts, requirement),
    value: inForce ? 1 : 0,
    threshold: 1,
    unit: 'count',
    window: { start: facts.now, end: facts.now, label: 'now' },
    zone: facts.zone,
    since: inForce ? requirement.effectiveAt : null,
    until: inForce ? null : requirement.effectiveAt,
    reason: `${requirement.name} (${requirement.reference}) demands ${requirement.regions.join(', ')} from ${at}.`,
    evidence: [textEvidence('Regions', requirement.regions.join(', '))],
    nextStep:
      'Reassess now (report 8.2): read which endpoints may run outside on the overview page.',
  };
}

function stateOf(facts: Facts, requirement: ResidencyRequirement): RuleState {
  if (requirement.effectiveAt > facts.now) return 'pending';
  return facts.now - requirement.effectiveAt < RECENT_US ? 'met' : 'cleared';
}
