import { type Facts, type PreviousState, stateKey } from '../src/core/facts.ts';
import { type Notice, noticeKey } from '../src/core/notice.ts';
import type { NoticeKind, NoticePolicy } from '../src/core/rule.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../src/core/units.ts';
import type { RuleState, Verdict } from '../src/core/verdict.ts';
import { dayWindow } from '../src/core/zoned-time.ts';

/** A rule's state after an evaluation, and the notice that the change is worth, if any. */
export interface Step {
  readonly next: PreviousState;
  readonly notice: Notice | null;
}

export interface StepContext {
  readonly now: EpochMicros;
  readonly policy: NoticePolicy;
  /** Keys of all notices decided before (see `noticeKey`). */
  readonly told: ReadonlySet<string>;
}

/** The whole life of an alert: from where it stood and what is found now to where it stands and what is told. */
export function advance(
  previous: PreviousState | null,
  verdict: Verdict,
  context: StepContext,
): Step {
  const same = previous !== null && previous.state === verdict.state;
  const next: PreviousState = {
    state: verdict.state,
    since: verdict.since ?? (same ? previous.since : context.now),
    streak: same ? previous.streak + 1 : 1,
  };
  const kind = kindOf(previous, verdict, { ...context, streak: next.streak });
  if (kind === null) return { next, notice: null };
  const notice = noticeOf(verdict, kind, { ...context, from: previous?.state ?? null });
  return { next, notice: context.told.has(noticeKey(notice)) ? null : notice };
}

/** The stored state of what a verdict is about. */
export function previousOf(facts: Facts, verdict: Verdict): PreviousState | null {
  return facts.previous[stateKey(verdict.rule, verdict.period, verdict.subject)] ?? null;
}

function kindOf(
  previous: PreviousState | null,
  verdict: Verdict,
  context: StepContext & { readonly streak: number },
): NoticeKind | null {
  const { policy } = context;
  if (verdict.state === 'met') {
    const began = policy.keyPeriod === 'state' || previous?.state !== 'met';
    return began && context.streak >= policy.confirmations ? policy.onMet : null;
  }
  if (verdict.state !== 'cleared' || policy.onCleared === null) return null;
  if (policy.keyPeriod === 'day') return previous?.state === 'met' ? policy.onCleared : null;
  return wasTold(verdict, context) || isUnseenEnd(previous, verdict, context)
    ? policy.onCleared
    : null;
}

function wasTold(verdict: Verdict, { policy, told }: StepContext): boolean {
  return policy.onMet !== null && told.has(noticeKey({ ...verdict, kind: policy.onMet.kind }));
}

/** It began and ended between two evaluations. Old ones are history, not news. */
function isUnseenEnd(
  previous: PreviousState | null,
  verdict: Verdict,
  { policy, now }: StepContext,
): boolean {
  const recent = now - verdict.window.end < MICROS_PER_DAY;
  return policy.tellUnseenEnd && recent && previous?.state !== 'cleared';
}

function noticeOf(
  verdict: Verdict,
  { kind, severity }: NoticeKind,
  { now, policy, from }: StepContext & { readonly from: RuleState | null },
): Notice {
  const inMonth = policy.keyPeriod === 'state' && verdict.window.label === verdict.period;
  return {
    rule: verdict.rule,
    period: policy.keyPeriod === 'day' ? dayWindow(now, verdict.zone).label : verdict.period,
    subject: verdict.subject,
    kind,
    severity,
    at: now,
    changed: changeText(from, verdict.state),
    covers: [],
    expiresAt: inMonth
      ? Math.max(verdict.window.end, now + MICROS_PER_DAY)
      : now + 7 * MICROS_PER_DAY,
    verdict,
  };
}

function changeText(from: RuleState | null, to: RuleState): string {
  const word = (state: RuleState) => state.replaceAll('_', ' ');
  if (from === null) return `First evaluation: ${word(to)}.`;
  return from === to ? `Confirmed: ${word(to)}.` : `Was ${word(from)}, is ${word(to)}.`;
}
