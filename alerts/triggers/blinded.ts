import type { Facts } from '../../src/core/facts.ts';
import type { RuleState } from '../../src/core/verdict.ts';

/**
 * A figure that may be too low can say that a threshold is exceeded, never that it is not: while the recorder
 * or one of `collectors` does not work, every state below `pending` is unknown.
 */
export function blindedState(
  facts: Facts,
  state: RuleState,
  collectors: readonly string[],
): RuleState {
  if (state === 'pending' || state === 'met') return state;
  return recorderBroken(facts) || anyStale(facts, collectors) ? 'unknown' : state;
}

function recorderBroken({ recorder: { journal, traffic } }: Facts): boolean {
  const mute = traffic !== null && traffic.calls > 0 && traffic.records === 0;
  return mute || (journal !== null && !journal.ok);
}

function anyStale({ recorder, now }: Facts, names: readonly string[]): boolean {
  return recorder.collectors.some(
    ({ name, lastSuccessAt, startedAt, staleAfterUs }) =>
      names.includes(name) && now - (lastSuccessAt ?? startedAt) > staleAfterUs,
  );
}
