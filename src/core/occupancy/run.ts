import type { Attribution } from '../outcome.ts';
import type { EpochMicros, Micros } from '../units.ts';

/** A request's execution as the fold takes it. Half-open: it runs in [`start`, `end`). */
export interface Run {
  /** The caller's name for it; the fold gives it back. */
  readonly ref: number;
  readonly start: EpochMicros;
  readonly end: EpochMicros;
  /** Its time counts as failed. */
  readonly failed: boolean;
  /** The caller's price; a container has that of its first run. */
  readonly price: number;
  /** Which container ran it, when that is known. */
  readonly claim: ContainerClaim | null;
}

/** What is known of a run's container. */
export interface ContainerClaim {
  readonly id: string;
  readonly level: Exclude<Attribution, 'inferred'>;
  /** Age of the container when the run entered it. */
  readonly ageUs: Micros | null;
  /** From the container's start until it could take requests. */
  readonly readyUs: Micros | null;
  /** The container's first billed instant, if that is a fact: all of its life counts. */
  readonly startedAt: EpochMicros | null;
  /** When the container ended, if that is a fact and not a model. */
  readonly endedAt: EpochMicros | null;
}

/** How an endpoint's containers come and go. */
export interface OccupancySettings {
  readonly maxInputs: number;
  readonly scaledownWindowUs: Micros;
  /** Standing containers. */
  readonly minContainers: number;
  /** They stand from here on, or from the first run if that is earlier. `null`: only that is known. */
  readonly standingFrom: EpochMicros | null;
}

/** Modal's longest scaledown window: a container silent for longer is taken for gone. */
export const LONGEST_IDLE_US: Micros = 1_200_000_000;

/**
 * A session that lasts longer than this is settled in parts, so that requests to containers that never
 * scale down get their final cost, in bounded memory. A part ends when its idle container takes a run, or, at
 * twice the length, at a finish while others run: their time so far then falls to those that have finished.
 */
export const PART_US: Micros = 86_400_000_000;
/** Requests to standing containers owe nothing for idle time and need not wait for its end. */
export const STANDING_PART_US: Micros = 3_600_000_000;
/** So many requests are a part too: memory stays bounded, and a cold start is shared by its first part only. */
export const PART_RUNS = 10_000;
