import type { Usage } from '../../core/request-record.ts';
import type { Micros } from '../../core/units.ts';

/** What a passing response body says of the work behind it. Unknown stays `null`. */
export interface TapReading extends Usage {
  readonly queueUs: Micros | null;
  readonly generationUs: Micros | null;
  /** Offset at which the first content token passed. */
  readonly firstTokenUs: Micros | null;
  /** The body reports a failure although its status is 2xx. */
  readonly failed: boolean;
}

/** Reads along; it neither holds nor changes what passes. */
export interface ResponseTap {
  /** @param at offset from the request's start. */
  push(payload: Buffer, at: Micros): void;
  /** Called once, after the last byte. `done` may be called at once. */
  finish(done: (reading: TapReading) => void): void;
}

export const NOTHING_READ: TapReading = {
  model: null,
  tokensIn: null,
  tokensOut: null,
  tokensCached: null,
  tokensReasoning: null,
  finishReason: null,
  queueUs: null,
  generationUs: null,
  firstTokenUs: null,
  failed: false,
};
