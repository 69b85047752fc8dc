import { durationText } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { relevant } from './incident.ts';
import { incidentVerdict } from './incident-verdict.ts';

/** Report 8.2: "Modal outage >4 hours". The end is told by the incident. */
export const outage: Rule = {
  id: 'emergency.outage',
  title: 'Outage',
  policy: oncePolicy('outage', 'critical'),
  describe: ({ emergencies }) =>
    `an endpoint is down for ${durationText(emergencies.outage.emergencyAfterUs)}`,
  evaluate: (facts, { emergencies }) =>
    relevant(facts, emergencies.outage.minFailures).map((one) => ({
      ...incidentVerdict(facts, one, {
        rule: outage,
        thresholdUs: emergencies.outage.emergencyAfterUs,
      }),
      headline: `${one.endpoint} is down for ${durationText((one.endedAt ?? facts.now) - one.startedAt)}: reassess now`,
      nextStep: 'Reassess the platform now (report 8.2), and tell your users.',
    })),
};
