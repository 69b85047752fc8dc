import { functionCallIdIn, MAX_HOPS } from './modal-redirect.ts';
import type { UpstreamOptions } from './proxy-settings.ts';

/** What to do with a response, by its head. */
export type NextStep =
  /** Pass it on; it ends the request. */
  | { readonly step: 'relay' }
  /** Pass it on; the client comes back with the call's id. */
  | { readonly step: 'park'; readonly functionCallId: string }
  /** Keep it, and go on to where it leads. */
  | { readonly step: 'follow'; readonly functionCallId: string; readonly location: string }
  /** Keep it, wait, and send the same request again. */
  | { readonly step: 'repeat'; readonly delayMs: number };

export interface LegResult {
  readonly status: number;
  readonly location: string | null;
  readonly legs: number;
  readonly retries: number;
  /** The call that this leg asked for, `null` on a first leg. */
  readonly functionCallId: string | null;
}

const RELAY: NextStep = { step: 'relay' };

/** The rules of Modal's redirects and of a cold server, in one place. */
export function nextStep(result: LegResult, options: UpstreamOptions): NextStep {
  if (result.status === 303 && result.location !== null) {
    const functionCallId = functionCallIdIn(result.location);
    if (functionCallId === null || result.legs > MAX_HOPS) {
      return RELAY;
    }
    return options.follow303
      ? { step: 'follow', functionCallId, location: result.location }
      : { step: 'park', functionCallId };
  }
  if (result.status === 408 && result.functionCallId !== null && result.legs <= MAX_HOPS) {
    // A result that is not there yet: clients wait and ask for it again.
    return { step: 'park', functionCallId: result.functionCallId };
  }
  const { retryCold503 } = options;
  if (result.status === 503 && retryCold503 !== null && result.retries < retryCold503.attempts) {
    return { step: 'repeat', delayMs: retryCold503.delayMs };
  }
  return RELAY;
}
