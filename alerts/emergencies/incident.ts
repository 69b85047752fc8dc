import { DEFAULT_ALERT_SETTINGS } from '../../src/core/alert-settings.ts';
import type { Facts, IncidentFacts } from '../../src/core/facts.ts';
import { durationText, grouped } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { incidentVerdict } from './incident-verdict.ts';

/** An endpoint fails without a success between: told after five minutes, and when it ends. */
export const incident: Rule = {
  id: 'emergency.incident',
  title: 'Incident',
  policy: {
    ...oncePolicy('incident', 'warning'),
    onCleared: { kind: 'ended', severity: 'info' },
    tellUnseenEnd: true,
  },
  describe: ({ emergencies: { outage } }) =>
    `${outage.minFailures} failures in a row and no success for ${durationText(outage.incidentAfterUs)}`,
  evaluate: (facts, { emergencies: { outage } }) =>
    relevant(facts, outage.minFailures).map((one) => ({
      ...incidentVerdict(facts, one, { rule: incident, thresholdUs: outage.incidentAfterUs }),
      headline:
        one.endedAt === null
          ? `${one.endpoint} is down for ${durationText(facts.now - one.startedAt)}`
          : `${one.endpoint} is up again after ${durationText(one.endedAt - one.startedAt)} and ${grouped(one.failures)} failed requests`,
    })),
};

/** One failure is no outage, and neither is one that was cured at once. */
export function relevant(
  facts: Facts,
  minFailures = DEFAULT_ALERT_SETTINGS.emergencies.outage.minFailures,
): readonly IncidentFacts[] {
  return facts.incidents.filter(({ failures }) => failures >= minFailures);
}
