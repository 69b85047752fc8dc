import { evaluateRules } from '../../../alerts/lifecycle-evaluation.ts';
import { type AlertSettings, DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import {
  type Facts,
  type HourFacts,
  NOTHING_WATCHED,
  type RecorderFacts,
} from '../../../src/core/facts.ts';
import type { Rule } from '../../../src/core/rule.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../../src/core/units.ts';
import type { Verdict } from '../../../src/core/verdict.ts';

export const NOW = Date.UTC(2026, 10, 24, 12) * 1_000;

/** A service that has run for half a year and found nothing, with what a test changes about it. */
export function factsWith(change: Partial<Facts> = {}): Facts {
  const now = change.now ?? NOW;
  return {
    now,
    zone: 'UTC',
    firstRequestAt: now - 200 * MICROS_PER_DAY,
    activeDays: 200,
    hoursFrom: now - 125 * MICROS_PER_DAY,
    hours: [],
    spenders: [],
    endpoints: [],
    latency: [],
    egress: {
      ...{ bytes: 0, digestedBytes: 0, repeatableBytes: 0, byContentType: [], topPaths: [] },
    },
    incidents: [],
    recorder: NOTHING_WATCHED,
    previous: {},
    told: [],
    ...change,
  };
}

export function recorderWith(change: Partial<RecorderFacts>): RecorderFacts {
  return { ...NOTHING_WATCHED, ...change };
}

/** Every hour of the last `days` days, each the same. */
export function hoursOf(days: number, each: Partial<HourFacts>, now = NOW): HourFacts[] {
  const end = Math.floor(now / MICROS_PER_HOUR) * MICROS_PER_HOUR;
  return Array.from({ length: days * 24 }, (_, index) => ({
    hour: end - (days * 24 - index) * MICROS_PER_HOUR,
    ...{ requests: 0, successes: 0, bytesOut: 0, spendNano: 0, billed: false, busyNano: 0 },
    ...{ coldNano: 0, idleNano: 0, unpriced: 0, egressBilledNano: null },
    ...{ unsettledNano: 0, unsettledSince: null },
    ...each,
  }));
}

export function settingsWith(
  change: {
    [Part in keyof AlertSettings]?: Partial<AlertSettings[Part]>;
  },
): AlertSettings {
  const { budgets, triggers, emergencies, blindness, decision } = DEFAULT_ALERT_SETTINGS;
  return {
    budgets: { ...budgets, ...change.budgets },
    triggers: { ...triggers, ...change.triggers },
    emergencies: { ...emergencies, ...change.emergencies },
    blindness: { ...blindness, ...change.blindness },
    decision: { ...decision, ...change.decision },
  };
}

/** The verdict about one subject; the only one when none is named. */
export function verdictOf(
  rule: Rule,
  facts: Facts,
  {
    settings = DEFAULT_ALERT_SETTINGS,
    subject,
  }: { settings?: AlertSettings; subject?: string } = {},
): Verdict {
  const verdicts = rule.evaluate(facts, settings);
  const found = verdicts.filter((one) => subject === undefined || one.subject === subject);
  const [first] = found;
  if (first === undefined) {
    throw new Error(`no verdict on ${subject}; there are ${verdicts.map((one) => one.subject)}`);
  }
  return first;
}

/** Kinds of the notices that one evaluation gives. */
export function toldBy(rule: Rule, facts: Facts, settings = DEFAULT_ALERT_SETTINGS): string[] {
  return evaluateRules(facts, settings, [rule]).notices.map(({ kind }) => kind);
}

/** The report's settings, and a client that may spend $300 a month. */
export const LIMITED_SETTINGS: AlertSettings = {
  ...DEFAULT_ALERT_SETTINGS,
  budgets: {
    ...DEFAULT_ALERT_SETTINGS.budgets,
    limits: [{ of: 'client', name: 'batch', monthlyNano: 300e9, action: 'refuse' }],
  },
};
