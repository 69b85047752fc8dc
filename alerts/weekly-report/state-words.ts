import type { RuleState } from '../../src/core/verdict.ts';

/** A rule's state in a table. */
export const STATE_WORDS: Readonly<Record<RuleState, string>> = {
  insufficient_data: 'not enough data',
  not_met: 'not met',
  approaching: 'approaching',
  pending: 'over, not sustained yet',
  met: 'MET',
  cleared: 'cleared',
  unknown: 'unknown',
};
