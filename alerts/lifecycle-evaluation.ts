import type { AlertSettings } from '../src/core/alert-settings.ts';
import type { Facts, PreviousState } from '../src/core/facts.ts';
import { type Notice, noticeKey } from '../src/core/notice.ts';
import type { Rule } from '../src/core/rule.ts';
import type { Verdict } from '../src/core/verdict.ts';
import { advance, previousOf } from './lifecycle.ts';

/** What one look at the facts found, and what is to be kept and told. */
export interface Evaluation {
  readonly verdicts: readonly Verdict[];
  readonly states: readonly RuleStateChange[];
  readonly notices: readonly Notice[];
}

export interface RuleStateChange {
  readonly verdict: Verdict;
  readonly previous: PreviousState | null;
  readonly next: PreviousState;
}

/** Evaluates every rule. Pure: the same facts and settings give the same evaluation. */
export function evaluateRules(
  facts: Facts,
  settings: AlertSettings,
  rules: readonly Rule[],
): Evaluation {
  const told = new Set(facts.told.map(noticeKey));
  const states: RuleStateChange[] = [];
  const notices: Notice[] = [];
  for (const rule of rules) {
    const own: Notice[] = [];
    for (const verdict of rule.evaluate(facts, settings)) {
      const previous = previousOf(facts, verdict);
      const { next, notice } = advance(previous, verdict, {
        now: facts.now,
        policy: rule.policy,
        told,
      });
      states.push({ verdict: { ...verdict, since: next.since }, previous, next });
      if (notice !== null) own.push(notice);
    }
    notices.push(...(rule.policy.highestOnly ? highestOnly(own) : own));
  }
  return {
    verdicts: states.map(({ verdict }) => verdict),
    states,
    notices: withoutFinished(notices),
  };
}

/** Of one period and kind, the highest threshold speaks for the lower ones. */
function highestOnly(notices: readonly Notice[]): Notice[] {
  const groups = Map.groupBy(notices, ({ period, kind }) => `${period}/${kind}`);
  return [...groups.values()].flatMap((group) => {
    const falling = group.toSorted((a, b) => Number(b.subject) - Number(a.subject));
    const covers = falling.slice(1).map(({ subject }) => subject);
    return falling.slice(0, 1).map((highest) => ({ ...highest, covers }));
  });
}

/** Crossing a threshold and a pace that would cross it, found at once, are one piece of news. */
function withoutFinished(notices: readonly Notice[]): Notice[] {
  const kinds = new Set(notices.map(({ kind, subject }) => `${kind}/${subject}`));
  // An outage that is told as an emergency needs no notice of the incident in the same minute.
  return notices.filter(
    ({ kind, subject }) => kind !== 'incident' || !kinds.has(`outage/${subject}`),
  );
}
