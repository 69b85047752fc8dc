import type { PreviousState } from '../core/facts.ts';
import type { Notice } from '../core/notice.ts';
import type { EpochMicros, NanoUsd } from '../core/units.ts';
import type { Verdict } from '../core/verdict.ts';

/** Keeps what evaluations found. */
export interface AlertStore {
  /**
   * Writes states, notices and their deliveries in one transaction, or nothing: `false` when another evaluation
   * was committed since the facts were read. A notice whose key exists is left as it is.
   */
  commit(evaluation: EvaluationToCommit): Promise<boolean>;
}

export interface EvaluationToCommit {
  /** Version of the facts: see `FactsSnapshot`. */
  readonly version: number;
  readonly at: EpochMicros;
  /** Spend of the month, for events. */
  readonly monthNano: NanoUsd;
  readonly states: readonly {
    readonly verdict: Verdict;
    readonly previous: PreviousState | null;
    readonly next: PreviousState;
  }[];
  readonly notices: readonly { readonly notice: Notice; readonly channels: readonly string[] }[];
}

/** Notices on their way. Each delivery is one notice to one channel. */
export interface OutboxStore {
  /**
   * Takes a channel's deliveries that are due, oldest first, for `holder` until `until`: nobody else gets them
   * before. One whose holder died comes back after that.
   */
  claim(options: {
    readonly channel: string;
    readonly now: EpochMicros;
    readonly holder: string;
    readonly until: EpochMicros;
    readonly limit: number;
  }): Promise<readonly Delivery[]>;
  /**
   * Ends an attempt and logs it. An attempt that outlived its claim changes the delivery only when it has arrived and
   * nobody else's has.
   */
  settle(delivery: Delivery, outcome: AttemptOutcome): Promise<void>;
  /** Silences that hold at `now`. */
  silences(now: EpochMicros): Promise<readonly Silence[]>;
}

export interface Delivery {
  /** Stable: the notice's key and the channel. */
  readonly id: string;
  readonly channel: string;
  /** Who claimed it. */
  readonly holder: string;
  readonly notice: Notice;
  /** Attempts before this one. */
  readonly attempts: number;
  readonly createdAt: EpochMicros;
  /** `null`: never sent. What a silence held back was not. */
  readonly firstTriedAt: EpochMicros | null;
}

export type AttemptOutcome =
  | { readonly status: 'delivered'; readonly at: EpochMicros; readonly durationUs: number }
  | {
      /** `pending`: again at `nextAt`. `dead`: given up, shown until somebody acts. */
      readonly status: 'pending' | 'dead';
      readonly at: EpochMicros;
      readonly durationUs: number;
      readonly nextAt: EpochMicros | null;
      readonly error: string;
    }
  | {
      /** Held back by a silence until `nextAt`, or dropped because it is old news by then. */
      readonly status: 'silenced' | 'dropped';
      readonly at: EpochMicros;
      readonly nextAt: EpochMicros | null;
      readonly error: string;
    };

export interface Silence {
  readonly id: string;
  /** A rule's id, the start of one that ends in `*`, or `*` for all. */
  readonly rule: string;
  readonly from: EpochMicros;
  readonly until: EpochMicros;
  readonly by: string;
  readonly reason: string;
}

/** One instance at a time. */
export interface LeaseStore {
  /** Takes or renews the lease; `false` while another holder has it. */
  acquire(options: {
    readonly name: string;
    readonly holder: string;
    readonly now: EpochMicros;
    readonly until: EpochMicros;
  }): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
}
