import type { Facts, Told } from '../../src/core/facts.ts';
import { measureText, usdText } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { settlementBehind, spendFacts } from '../../src/core/spend-facts.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../src/core/units.ts';
import { figure, type Verdict } from '../../src/core/verdict.ts';
import { hourFloor, windowOfLabel, type ZonedWindow } from '../../src/core/zoned-time.ts';
import { crossed, WHOLE_HOURS } from './crossed.ts';

/** A change smaller than this share is no news. */
const TOLERANCE = 0.05;
/** Without a bill that covers the hours, this long after the notice is late enough to judge. */
const SETTLED_AFTER_US = 3 * MICROS_PER_DAY;
/** Bills older than this do not change. */
const LOOK_BACK_US = 62 * MICROS_PER_DAY;

/**
 * A later bill or late records changed the spend up to the moment of a `crossed` notice by more than 5 %.
 * What was spent after that moment does not count. Judged when the bill covers those hours, or three days on.
 */
export const correction: Rule = {
  id: 'budget.correction',
  title: 'Correction of a cost alert',
  policy: { ...oncePolicy('correction', 'info'), highestOnly: true },
  describe: () =>
    'the spend behind a cost alert changes afterwards by more than 5 %, in either direction',
  evaluate: (facts) =>
    facts.told
      .filter(
        ({ rule, kind, at }) => rule === crossed.id && kind === 'crossed' && isRecent(at, facts),
      )
      .map((notice) => correctionVerdict(facts, notice))
      .filter((verdict) => verdict !== null),
};

function isRecent(at: number, facts: Facts): boolean {
  return at <= facts.now && facts.now - at < LOOK_BACK_US;
}

function correctionVerdict(facts: Facts, notice: Told): Verdict | null {
  const month = windowOfLabel(notice.period, facts.zone);
  const then = notice.value;
  if (facts.hoursFrom > month.start || then === null) return null;
  const now = sameHoursNow(facts, notice, { month, then });
  const change = then === 0 ? 0 : (now - then) / then;
  const asOf = hourFloor(notice.at) + MICROS_PER_HOUR;
  const late =
    isBilled(facts, month.start, Math.min(asOf, month.end)) ||
    facts.now - notice.at >= SETTLED_AFTER_US;
  const judged = late && settlementBehind(facts) === null;
  const threshold = Number(notice.subject) * 1e9;
  const direction = change < 0 ? 'less' : 'more';
  const stands =
    now >= threshold ? 'The threshold stays crossed' : 'The threshold was not reached then';
  return {
    rule: correction.id,
    period: notice.period,
    subject: notice.subject,
    title: `${correction.title}: ${notice.period}, ${usdText(threshold)}`,
    headline: `correction for ${notice.period}: ${usdText(now)} instead of ${usdText(then)}`,
    state: judged && Math.abs(change) > TOLERANCE ? 'met' : 'not_met',
    value: now,
    threshold: then,
    unit: 'nano_usd',
    window: month,
    zone: facts.zone,
    since: null,
    until: null,
    reason:
      `The alert for ${usdText(threshold)} in ${notice.period} (${facts.zone}) rested on ${usdText(then)}; ` +
      `the same hours are now ${usdText(now)}, ${measureText(Math.abs(change), 'ratio')} ${direction}. ${stands}.`,
    evidence: [
      figure('Spend at the alert', then, 'nano_usd'),
      figure('The same hours now', now, 'nano_usd'),
      figure('Change', change, 'ratio'),
    ],
    nextStep: 'Compare metered and billed spend with `tripmeter reconcile`.',
  };
}

/**
 * What the hours behind the notice add up to now. The notice's own hour went on after it, so that hour
 * counts only where it can but lower the sum.
 */
function sameHoursNow(
  facts: Facts,
  notice: Told,
  { month: { start, end }, then }: { readonly month: ZonedWindow; readonly then: number },
): number {
  const spend = spendFacts(facts);
  const hour = Math.min(hourFloor(notice.at), end);
  const whole = spend.sum(start, hour) - (notice.figures[WHOLE_HOURS] ?? 0);
  const most = spend.sum(start, Math.min(hour + MICROS_PER_HOUR, end));
  return Math.min(then + whole, most);
}

function isBilled(facts: Facts, from: number, to: number): boolean {
  const hours = facts.hours.filter(({ hour }) => hour >= from && hour < to);
  return hours.length > 0 && hours.every((hour) => hour.billed);
}
