import type { SloDefinition } from './definition.ts';

/** Needs the Pro plan; left out elsewhere. */
export const SLOS: readonly SloDefinition[] = [
  {
    id: 'answered',
    title: 'tripmeter: requests that Modal answers',
    about:
      'Of all requests, those that ended without a failure of Modal, the container or the network.',
    sli: 'tripmeter.sli_answered',
    targetPerMillion: 990_000,
    days: 30,
  },
];
