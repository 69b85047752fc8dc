import type { TriggerDefinition } from './definition.ts';
import { COUNT, EVALUATIONS } from './queries.ts';

/**
 * Two, because the Free plan has two. Rules over a month cannot be triggers, which look back a day at most:
 * tripmeter evaluates them and one trigger mirrors all results.
 */
export const TRIGGERS: readonly TriggerDefinition[] = [
  {
    id: 'rule-met',
    title: 'tripmeter: a rule is met',
    about: 'Mirrors every cost alert, migration trigger and emergency that tripmeter evaluates.',
    query: {
      calculations: [{ op: 'MAX', column: 'alert.firing' }],
      filters: [EVALUATIONS],
      breakdowns: ['alert.name', 'alert.subject'],
      timeRangeSeconds: 1_200,
    },
    threshold: { op: '>=', value: 1 },
    frequencySeconds: 300,
  },
  {
    id: 'silent',
    title: 'tripmeter: no evaluation arrives',
    about: 'Dead man’s switch: tripmeter, its export or its network is down.',
    query: { calculations: [COUNT], filters: [EVALUATIONS], timeRangeSeconds: 3_600 },
    threshold: { op: '<', value: 1 },
    frequencySeconds: 900,
  },
];
