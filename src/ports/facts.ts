import type { Facts, RecorderFacts } from '../core/facts.ts';
import type { EpochMicros } from '../core/units.ts';

/** Where decisions get their facts. */
export interface FactsSource {
  /** Everything known at `now`, frozen, and the evaluation it follows: see `AlertStore.commit`. */
  read(now: EpochMicros): Promise<FactsSnapshot>;
}

export interface FactsSnapshot {
  readonly facts: Facts;
  /** Number of the newest committed evaluation. */
  readonly version: number;
}

/** What only the running process knows of how well it sees. */
export interface RecorderSource {
  read(now: EpochMicros): Promise<RecorderFacts>;
}
