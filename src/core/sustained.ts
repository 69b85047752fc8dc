import type { EpochMicros, Micros } from './units.ts';
import type { RuleState } from './verdict.ts';

/** What it takes for a condition to count, and to stop counting. */
export interface SustainSpec {
  /** Over means strictly above. */
  readonly threshold: number;
  /** How long the value must stay over to be met, and below the clear level to be cleared. */
  readonly sustainUs: Micros;
  /** Share of the threshold from which a condition is approaching. */
  readonly approachRatio: number;
  /** Share of the threshold below which a met condition begins to clear; 1 clears at the threshold itself. */
  readonly clearRatio: number;
}

/** The report asks for hysteresis without naming figures; these are the contract's. */
export const APPROACH_RATIO = 0.8;
export const CLEAR_RATIO = 0.9;

export interface Sample {
  readonly at: EpochMicros;
  readonly value: number;
  /** Met at once, whatever the value has been: a second condition that needs no patience. */
  readonly forced?: boolean;
}

export interface Track {
  readonly state: Extract<RuleState, 'not_met' | 'approaching' | 'pending' | 'met' | 'cleared'>;
  readonly since: EpochMicros;
  /** Start of the unbroken run over the threshold. */
  readonly overSince: EpochMicros | null;
  /** Start of the unbroken run below the clear level. */
  readonly belowSince: EpochMicros | null;
}

/** The track after one more sample. With clear ratio 1 this is Prometheus's `for` and `keep_firing_for`. */
export function nextTrack(previous: Track | null, sample: Sample, spec: SustainSpec): Track {
  const over = sample.value > spec.threshold;
  const below = !over && !sample.forced && isBelow(sample.value, spec);
  const overSince = over ? (previous?.overSince ?? sample.at) : null;
  const belowSince = below ? (previous?.belowSince ?? sample.at) : null;
  const runs = { overSince, belowSince };
  const state =
    previous?.state === 'met'
      ? heldState(sample, belowSince, spec)
      : freeState(previous, sample, { overSince, spec });
  if (state === 'pending') return { state, since: overSince ?? sample.at, ...runs };
  return { state, since: previous?.state === state ? previous.since : sample.at, ...runs };
}

/** The track after all samples, in order; `null` without any. */
export function trackOf(
  samples: readonly Sample[],
  spec: SustainSpec,
  seed: Track | null = null,
): Track | null {
  return samples.reduce<Track | null>((track, sample) => nextTrack(track, sample, spec), seed);
}

/** When a pending track will be met if the value stays over. */
export function metAt(track: Track, spec: SustainSpec): EpochMicros | null {
  return track.state === 'pending' && track.overSince !== null
    ? track.overSince + spec.sustainUs
    : null;
}

function isBelow(value: number, spec: SustainSpec): boolean {
  return spec.clearRatio >= 1 || value < spec.clearRatio * spec.threshold;
}

function heldState(
  sample: Sample,
  belowSince: EpochMicros | null,
  spec: SustainSpec,
): 'met' | 'cleared' {
  return belowSince !== null && sample.at - belowSince >= spec.sustainUs ? 'cleared' : 'met';
}

function freeState(
  previous: Track | null,
  sample: Sample,
  { overSince, spec }: { readonly overSince: EpochMicros | null; readonly spec: SustainSpec },
): Track['state'] {
  if (sample.forced) return 'met';
  if (overSince !== null) return sample.at - overSince >= spec.sustainUs ? 'met' : 'pending';
  if (sample.value >= spec.approachRatio * spec.threshold) return 'approaching';
  // A cleared condition is called so for as long again, then it is history.
  const recent = previous?.state === 'cleared' && sample.at - previous.since < spec.sustainUs;
  return recent ? 'cleared' : 'not_met';
}
