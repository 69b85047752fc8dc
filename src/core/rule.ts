import type { AlertSettings } from './alert-settings.ts';
import type { Facts } from './facts.ts';
import type { Severity, Verdict } from './verdict.ts';

/** One thing that the service watches: a pure function of facts, and how to speak about it. */
export interface Rule {
  /** `budget.crossed`, `trigger.scale`, `emergency.outage`, … */
  readonly id: string;
  readonly title: string;
  readonly policy: NoticePolicy;
  /** The rule in a sentence, with the numbers of these settings. */
  describe(settings: AlertSettings): string;
  /** One verdict for each thing watched, e.g. each threshold. The same facts give the same verdicts. */
  evaluate(facts: Facts, settings: AlertSettings): readonly Verdict[];
}

/** When a change of state is worth a message. */
export interface NoticePolicy {
  /** Evaluations in a row that must find `met`. */
  readonly confirmations: number;
  readonly onMet: NoticeKind | null;
  readonly onCleared: NoticeKind | null;
  /**
   * Period of the notice's key. `state`: that of the verdict, so once for each month or incident.
   * `day`: the day of the change, for states that stand for long and may come again.
   */
  readonly keyPeriod: 'state' | 'day';
  /** Of several subjects met at once, only the highest is told, and it names the others. */
  readonly highestOnly: boolean;
  /** Tells the end also of what began and ended unseen, while the service was away. */
  readonly tellUnseenEnd: boolean;
}

export interface NoticeKind {
  readonly kind: string;
  readonly severity: Severity;
}

/** Told once for each period: no end, no second chance. */
export function oncePolicy(kind: string, severity: Severity): NoticePolicy {
  return {
    confirmations: 1,
    onMet: { kind, severity },
    onCleared: null,
    keyPeriod: 'state',
    highestOnly: false,
    tellUnseenEnd: false,
  };
}

/** Told when it begins and when it ends. */
export function episodePolicy(met: NoticeKind, cleared: NoticeKind): NoticePolicy {
  return { ...oncePolicy(met.kind, met.severity), onCleared: cleared, keyPeriod: 'day' };
}
