import { episodePolicy } from '../../src/core/rule.ts';

/** A trigger is told when it is met and when it is cleared: it may come again months later. */
export const TRIGGER_POLICY = episodePolicy(
  { kind: 'met', severity: 'warning' },
  { kind: 'cleared', severity: 'info' },
);
