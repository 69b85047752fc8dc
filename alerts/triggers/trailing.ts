import { DAYS_30 } from '../../src/core/alert-settings.ts';
import { type Facts, stateKey } from '../../src/core/facts.ts';
import { measureText } from '../../src/core/measure-text.ts';
import {
  APPROACH_RATIO,
  CLEAR_RATIO,
  metAt,
  type Sample,
  type SustainSpec,
  type Track,
  trackOf,
} from '../../src/core/sustained.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../../src/core/units.ts';
import type { Evidence, RuleState, Unit, Verdict } from '../../src/core/verdict.ts';
import { daysBetween, wallClockText } from '../../src/core/zoned-time.ts';
import { blindedState } from './blinded.ts';
import { trendEvidence } from './trend.ts';

/** A trigger that compares the sum of 30 days, at the end of each day and now, with a threshold. */
export interface TrailingTrigger {
  readonly rule: string;
  readonly title: string;
  readonly what: string;
  readonly unit: Unit;
  readonly threshold: number;
  readonly sustainDays: number;
  /** The figure of the window `[from, to)`. */
  valueOf(from: EpochMicros, to: EpochMicros): number;
  /** True where a second condition holds that needs no patience. */
  forcedAt?(at: EpochMicros): boolean;
  readonly evidence: readonly Evidence[];
  readonly nextStep: string;
  /** Collectors whose silence would make the figure too low. */
  readonly collectors: readonly string[];
  /** Why the figure cannot be judged now; `null` or absent: it can. What is met already stays so. */
  readonly withheld?: string | null;
}

export function trailingVerdict(facts: Facts, trigger: TrailingTrigger): Verdict {
  const samples = samplesOf(facts, trigger);
  const spec: SustainSpec = {
    threshold: trigger.threshold,
    sustainUs: trigger.sustainDays * MICROS_PER_DAY,
    approachRatio: APPROACH_RATIO,
    clearRatio: CLEAR_RATIO,
  };
  const seed = seedOf(facts, trigger.rule, samples[0]);
  const track = trackOf(samples, spec, seed);
  const value = trigger.valueOf(facts.now - DAYS_30, facts.now);
  const state = stateOf(facts, trigger, track);
  return {
    rule: trigger.rule,
    period: '',
    subject: '',
    title: trigger.title,
    headline: `${trigger.title}: ${measureText(value, trigger.unit)} against ${measureText(trigger.threshold, trigger.unit)}`,
    state,
    value,
    threshold: trigger.threshold,
    unit: trigger.unit,
    window: { start: facts.now - DAYS_30, end: facts.now, label: 'trailing 30 days' },
    zone: facts.zone,
    since: track?.since ?? null,
    until: track === null ? null : metAt(track, spec),
    reason: reasonOf(facts, trigger, { track, value, state, spec }),
    evidence: [
      ...trigger.evidence,
      {
        kind: 'series',
        name: 'Trailing 30 days, by day',
        unit: trigger.unit,
        points: samples.map(({ at, value: sum }) => ({ at, value: sum })),
      },
      ...trendEvidence(samples, trigger.threshold, facts.zone),
    ],
    nextStep: trigger.nextStep,
  };
}

function stateOf(facts: Facts, trigger: TrailingTrigger, track: Track | null): RuleState {
  const stood = facts.previous[stateKey(trigger.rule, '', '')]?.state === 'met';
  const known = track !== null && (trigger.withheld == null || stood);
  return blindedState(facts, known ? track.state : 'insufficient_data', trigger.collectors);
}

/** One sample at the end of each day, and one now, from the day on which 30 days of data are full. */
function samplesOf(facts: Facts, trigger: TrailingTrigger): Sample[] {
  const first = facts.firstRequestAt;
  if (first === null) return [];
  const from = Math.max(first, facts.hoursFrom) + DAYS_30;
  if (from > facts.now) return [];
  const ends = daysBetween(from, facts.now, facts.zone)
    .map((day) => day.end)
    .filter((at) => at < facts.now);
  return [...ends, facts.now].map((at) => ({
    at,
    value: trigger.valueOf(at - DAYS_30, at),
    forced: trigger.forcedAt?.(at) ?? false,
  }));
}

/** History older than the facts counts through the state that the last evaluation stored. */
function seedOf(facts: Facts, rule: string, first: Sample | undefined): Track | null {
  const stored = facts.previous[stateKey(rule, '', '')];
  if (stored?.state !== 'met' || stored.since === null || first === undefined) return null;
  if (stored.since >= first.at) return null;
  return { state: 'met', since: stored.since, overSince: null, belowSince: null };
}

function reasonOf(
  facts: Facts,
  trigger: TrailingTrigger,
  {
    track,
    value,
    state,
    spec,
  }: {
    readonly track: Track | null;
    readonly value: number;
    readonly state: Verdict['state'];
    readonly spec: SustainSpec;
  },
): string {
  const limit = measureText(trigger.threshold, trigger.unit);
  const now = `${trigger.what}: ${measureText(value, trigger.unit)} in the trailing 30 days (${facts.zone}); the threshold is ${limit}`;
  if (state === 'unknown')
    return `${now}. The recorder or a collector does not work, so this may be too low.`;
  if (state === 'insufficient_data' && trigger.withheld != null)
    return `${now}. ${trigger.withheld}`;
  if (track === null) return `${now}. ${missingDays(facts)} more day(s) of data are needed.`;
  const since = wallClockText(track.overSince ?? track.since, facts.zone);
  const until = metAt(track, spec);
  if (until !== null) {
    const then = wallClockText(until, facts.zone);
    return `${now}. Over it since ${since}; met on ${then} if it stays (${trigger.sustainDays} days).`;
  }
  if (track.state === 'met') return `${now}. Met since ${wallClockText(track.since, facts.zone)}.`;
  return `${now}, to be exceeded for ${trigger.sustainDays} days.`;
}

function missingDays(facts: Facts): number {
  const age = facts.firstRequestAt === null ? 0 : facts.now - facts.firstRequestAt;
  return Math.max(1, Math.ceil((DAYS_30 - age) / MICROS_PER_DAY));
}
