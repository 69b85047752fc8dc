import type { AlertSettings } from '../../src/core/alert-settings.ts';
import { type Facts, stateKey } from '../../src/core/facts.ts';
import { usdText } from '../../src/core/measure-text.ts';
import { episodePolicy, type Rule } from '../../src/core/rule.ts';
import { settlementBehind, spendFacts } from '../../src/core/spend-facts.ts';
import { APPROACH_RATIO, CLEAR_RATIO, nextTrack } from '../../src/core/sustained.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import { figure, type RuleState, type Verdict } from '../../src/core/verdict.ts';

const MONTH_DAYS = 30;
const EXPECTATION_DAYS = 28;
/** An expectation that rests on less than a week knows no weekend. */
const MIN_DAYS = 7;

/** Report 8.2: "cost spike >$2k/month unexpected". */
export const spike: Rule = {
  id: 'emergency.spike',
  title: 'Cost spike',
  policy: episodePolicy(
    { kind: 'spike', severity: 'critical' },
    { kind: 'spike_over', severity: 'info' },
  ),
  describe: ({ emergencies }) =>
    `spend of the trailing 24 h × ${MONTH_DAYS} exceeds the pace of the ${EXPECTATION_DAYS} days before by more than ` +
    `${usdText(emergencies.spike.monthlyNano)} a month`,
  evaluate: (facts, settings) => [spikeVerdict(facts, settings)],
};

interface Pace {
  readonly monthNano: number;
  readonly expectedNano: number;
}

function spikeVerdict(facts: Facts, { emergencies }: AlertSettings): Verdict {
  const pace = paceOf(facts);
  const threshold = emergencies.spike.monthlyNano;
  const excess = pace === null ? null : pace.monthNano - pace.expectedNano;
  const behind = settlementBehind(facts);
  const state =
    excess === null || behind !== null ? 'insufficient_data' : stateOf(facts, excess, threshold);
  return {
    rule: spike.id,
    period: '',
    subject: '',
    title: spike.title,
    headline:
      pace === null
        ? spike.title
        : `spend runs at ${usdText(pace.monthNano)} a month, ${usdText(pace.monthNano - pace.expectedNano)} above expectation`,
    state,
    value: excess,
    threshold,
    unit: 'nano_usd',
    window: { start: facts.now - MICROS_PER_DAY, end: facts.now, label: 'trailing 24 h' },
    zone: facts.zone,
    since: null,
    until: null,
    reason:
      behind ??
      (pace === null
        ? `An expectation needs ${MIN_DAYS} days of data before the last 24 hours.`
        : `The last 24 hours run at ${usdText(pace.monthNano)} a month; the ${EXPECTATION_DAYS} days before ran at ` +
          `${usdText(pace.expectedNano)}. More than ${usdText(threshold)} above is an emergency.`),
    evidence:
      pace === null
        ? []
        : [
            figure('Pace of the last 24 h, a month', pace.monthNano, 'nano_usd'),
            figure('Expected, a month', pace.expectedNano, 'nano_usd'),
          ],
    nextStep:
      'Find the client or endpoint that grew on the spend page; refuse or cap it if it is not wanted.',
  };
}

function paceOf(facts: Facts): Pace | null {
  const start = facts.now - MICROS_PER_DAY;
  const known = Math.max(facts.firstRequestAt ?? facts.now, facts.hoursFrom);
  const from = Math.max(start - EXPECTATION_DAYS * MICROS_PER_DAY, known);
  const days = (start - from) / MICROS_PER_DAY;
  if (days < MIN_DAYS) return null;
  const spend = spendFacts(facts);
  return {
    monthNano: spend.sum(start, facts.now) * MONTH_DAYS,
    expectedNano: Math.round((spend.sum(from, start) / days) * MONTH_DAYS),
  };
}

function stateOf(facts: Facts, excess: number, threshold: number): RuleState {
  const stored = facts.previous[stateKey(spike.id, '', '')];
  const state = stored?.state === 'met' || stored?.state === 'cleared' ? stored.state : 'not_met';
  const since = stored?.since ?? facts.now;
  return nextTrack(
    { state, since, overSince: null, belowSince: null },
    { at: facts.now, value: excess },
    { threshold, sustainUs: 0, approachRatio: APPROACH_RATIO, clearRatio: CLEAR_RATIO },
  ).state;
}
