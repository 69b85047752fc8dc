import type { Notice } from '../core/notice.ts';
import type { Micros } from '../core/units.ts';

/** A way to tell people. It says whether a failure is worth another try; the trying is done elsewhere. */
export interface Channel {
  /** Name in the configuration. */
  readonly name: string;
  /** A delivery that failed for so long is given up. A day unless said. */
  readonly deadAfterUs?: Micros;
  /** Never rejects, and ends within its own timeout. Messages hold no secret and no address. */
  send(message: OutgoingNotice): Promise<SendResult>;
  /** Connects and logs in without sending; absent where that cannot be done. Never rejects. */
  verify?(): Promise<SendResult>;
}

export interface OutgoingNotice {
  /** Stable over attempts: a receiver may drop a second message with the same id. */
  readonly id: string;
  readonly notice: Notice;
  /** Page that shows it. */
  readonly link: string;
  /** A trial on a person's order, marked as such. */
  readonly test: boolean;
}

export type SendResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly retryable: boolean;
      readonly error: string;
      /** The receiver asked for so much patience. */
      readonly retryAfterUs: Micros | null;
    };
