import type { JobSpec } from '../core/due-runs.ts';
import type { EpochMicros } from '../core/units.ts';

/** Work on a schedule. */
export interface Job {
  readonly name: string;
  readonly spec: JobSpec;
  /**
   * Does the work of one slot. May be called again for the same slot when an attempt failed or its process
   * died, so it must be repeatable.
   */
  run(run: JobRun): Promise<void>;
}

export interface JobRun {
  readonly slot: EpochMicros;
  readonly late: boolean;
  readonly now: EpochMicros;
  readonly signal: AbortSignal;
}

/** Which slots were taken, by whom, and how it ended. Unique by job and slot. */
export interface JobRunStore {
  /** Newest slot of a job that anybody took; `null`: none. */
  lastSlot(job: string): Promise<EpochMicros | null>;
  /** Takes a slot: `false` when it is taken already. */
  claim(run: JobClaim): Promise<boolean>;
  /**
   * Slots to try again: those that failed fewer than `maxAttempts` times, and those whose holder is gone. Takes
   * them as `claim` does.
   */
  reclaim(options: {
    readonly job: string;
    readonly holder: string;
    readonly now: EpochMicros;
    readonly until: EpochMicros;
    readonly maxAttempts: number;
  }): Promise<readonly EpochMicros[]>;
  finish(end: {
    readonly job: string;
    readonly slot: EpochMicros;
    readonly at: EpochMicros;
    /** `null`: it went well. */
    readonly error: string | null;
    /** When a failed slot may be tried again. */
    readonly retryAt: EpochMicros;
  }): Promise<void>;
}

export interface JobClaim {
  readonly job: string;
  readonly slot: EpochMicros;
  readonly holder: string;
  readonly now: EpochMicros;
  readonly until: EpochMicros;
}
