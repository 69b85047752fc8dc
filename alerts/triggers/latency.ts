import type { AlertSettings } from '../../src/core/alert-settings.ts';
import {
  type Facts,
  type LatencyFacts,
  type LatencySplit,
  stateKey,
} from '../../src/core/facts.ts';
import { durationText } from '../../src/core/measure-text.ts';
import type { Rule } from '../../src/core/rule.ts';
import {
  APPROACH_RATIO,
  CLEAR_RATIO,
  metAt,
  type Sample,
  type SustainSpec,
  type Track,
  trackOf,
} from '../../src/core/sustained.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import { type Evidence, figure, type RuleState, type Verdict } from '../../src/core/verdict.ts';
import { wallClockText } from '../../src/core/zoned-time.ts';
import { blindedState } from './blinded.ts';
import { TRIGGER_POLICY } from './trigger-policy.ts';

const WINDOW_US = 7 * MICROS_PER_DAY;

/** Report 4.4, trigger 3: "sub-second response needed (edge caching helps)". */
export const latency: Rule = {
  id: 'trigger.latency',
  title: 'Latency',
  policy: TRIGGER_POLICY,
  describe: ({ triggers: { latency: limits } }) =>
    `an objective of ${durationText(limits.objectiveUs)} or less is declared and the 95th percentile of 7 days ` +
    `misses it for ${limits.sustainDays} days`,
  evaluate: (facts, settings) => {
    const limit = settings.triggers.latency.objectiveUs;
    const watched = facts.latency.filter(({ objectiveUs }) => objectiveUs <= limit);
    if (watched.length === 0) return [undeclared(facts, limit)];
    return [watched.map((one) => objectiveVerdict(facts, one, settings)).reduce(worse)];
  },
};

/** Worst first: what one endpoint proves, no other can take back. */
const RANK: readonly RuleState[] = [
  'met',
  'pending',
  'unknown',
  'approaching',
  'cleared',
  'insufficient_data',
  'not_met',
];

function worse(a: Verdict, b: Verdict): Verdict {
  return RANK.indexOf(b.state) < RANK.indexOf(a.state) ? b : a;
}

function objectiveVerdict(facts: Facts, one: LatencyFacts, settings: AlertSettings): Verdict {
  const { sustainDays } = settings.triggers.latency;
  const spec: SustainSpec = {
    threshold: one.objectiveUs,
    sustainUs: sustainDays * MICROS_PER_DAY,
    approachRatio: APPROACH_RATIO,
    clearRatio: CLEAR_RATIO,
  };
  const samples = fullWindows(one);
  const track = trackOf(samples, spec, seedOf(facts, samples[0]));
  const value = one.weekly.at(-1)?.p95Us ?? null;
  const name =
    one.operation === null ? one.endpoint : `${one.endpoint}, operation ${one.operation}`;
  const state = blindedState(facts, track?.state ?? 'insufficient_data', []);
  return {
    ...skeleton(facts, one.objectiveUs),
    headline: `${name}: p95 ${value === null ? 'unknown' : durationText(value)} against ${durationText(one.objectiveUs)}`,
    state,
    value,
    since: track?.since ?? null,
    until: track === null ? null : metAt(track, spec),
    reason: reasonOf(facts, { one, name, value, state, track, sustainDays }),
    evidence: splitEvidence(one, settings),
  };
}

/** Windows of seven days that are full of data and have any. */
function fullWindows(one: LatencyFacts): Sample[] {
  const first = one.firstRequestAt;
  if (first === null) return [];
  return one.weekly.flatMap(({ at, p95Us }) =>
    p95Us === null || at - first < WINDOW_US ? [] : [{ at, value: p95Us }],
  );
}

function seedOf(facts: Facts, first: Sample | undefined): Track | null {
  const stored = facts.previous[stateKey(latency.id, '', '')];
  if (stored?.state !== 'met' || stored.since === null || first === undefined) return null;
  if (stored.since >= first.at) return null;
  return { state: 'met', since: stored.since, overSince: null, belowSince: null };
}

function reasonOf(
  facts: Facts,
  found: {
    readonly one: LatencyFacts;
    readonly name: string;
    readonly value: number | null;
    readonly state: RuleState;
    readonly track: Track | null;
    readonly sustainDays: number;
  },
): string {
  const p95 = found.value === null ? 'unknown' : durationText(found.value);
  const now =
    `p95 of ${found.name} over 7 days (${facts.zone}) is ${p95}; ` +
    `the objective is ${durationText(found.one.objectiveUs)}`;
  if (found.state === 'unknown') return `${now}. The recorder does not work.`;
  if (found.track === null) return `${now}. Seven days with requests are needed first.`;
  const since = wallClockText(found.track.overSince ?? found.track.since, facts.zone);
  if (found.track.overSince !== null) return `${now}. Missed since ${since}.`;
  return `${now}, to be missed for ${found.sustainDays} days.`;
}

/**
 * Share of p95 that an edge in front of Modal could save: the network's measured part, at most what the
 * report expects of an edge; its upper figure where nothing was measured. `null` without a p95.
 */
export function edgeShare(one: LatencyFacts, assumedUs: number): number | null {
  const p95 = one.weekly.at(-1)?.p95Us ?? null;
  if (p95 === null || p95 <= 0) return null;
  const { split } = one;
  if (split === null || split.networkUs === null || split.totalUs <= 0) {
    return Math.min(1, assumedUs / p95);
  }
  return split.networkUs / split.totalUs;
}

function splitEvidence(one: LatencyFacts, { decision }: AlertSettings): Evidence[] {
  const edge = figure(
    'Edge-addressable share of p95',
    edgeShare(one, decision.assumedEdgeSavingUs),
    'ratio',
  );
  if (one.split === null || one.split.requests === 0) return [edge];
  const { split } = one;
  const each = (pick: keyof LatencySplit) => {
    const sum = split[pick];
    return sum === null ? null : Math.round(sum / split.requests);
  };
  return [
    edge,
    figure('Slowest tenth: mean', each('totalUs'), 'us'),
    figure('of it client and proxy', each('clientUs'), 'us'),
    figure('of it edge and network', each('networkUs'), 'us'),
    figure('of it queue', each('queueUs'), 'us'),
    figure('of it cold start', each('coldUs'), 'us'),
    figure('of it GPU generation', each('generationUs'), 'us'),
    figure('of it not attributed', each('unattributedUs'), 'us'),
  ];
}

function undeclared(facts: Facts, limitUs: number): Verdict {
  return {
    ...skeleton(facts, limitUs),
    reason: `No endpoint or operation declares an objective of ${durationText(limitUs)} or less.`,
  };
}

function skeleton(facts: Facts, threshold: number): Verdict {
  return {
    rule: latency.id,
    period: '',
    subject: '',
    title: latency.title,
    headline: latency.title,
    state: 'not_met',
    value: null,
    threshold,
    unit: 'us',
    window: { start: facts.now - WINDOW_US, end: facts.now, label: 'trailing 7 days' },
    zone: facts.zone,
    since: null,
    until: null,
    reason: '',
    evidence: [],
    nextStep: 'Look at the split: an edge helps only with its own share, the GPU has the rest.',
  };
}
