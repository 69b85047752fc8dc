import { NO_CLAIMS, NO_USAGE } from './nothing-known.ts';
import type { ClosedRequest, OpenedRequest } from './request-record.ts';
import type { EpochMicros, Micros } from './units.ts';

/** What is known of a request whose proxy died. */
export interface InterruptedRequest {
  readonly request: OpenedRequest;
  readonly parked: InterruptedLeg | null;
  /** By how much the clock of its process has been set forward since it began; absent when it has not. */
  readonly steppedUs?: Micros;
}

/** The last leg of a 303 chain that had come back. */
interface InterruptedLeg {
  readonly functionCallId: string;
  readonly legs: number;
  readonly parkedAtUs: Micros;
  readonly sentUs: Micros | null;
  readonly overheadUs: Micros;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/**
 * The record of a request that ended with its proxy's process. It ran at least until the last sign of life
 * of that process, so that is its duration and the estimate of its container time; a clock that was set has
 * no part in it. Nothing is known of status, tokens or whether the upstream finished.
 * @param bootAt when the next process began: nothing of the last one lasted longer.
 */
export function crashRecovered(
  { request, parked, steppedUs = 0 }: InterruptedRequest,
  lastSignOfLife: EpochMicros,
  bootAt: EpochMicros,
): ClosedRequest {
  const { startedAt } = request;
  const lived = Math.min(lastSignOfLife, bootAt) - steppedUs - startedAt;
  const durationUs = Math.max(0, lived, parked?.parkedAtUs ?? 0);
  return {
    ...request,
    ...UNKNOWN,
    outcome: 'crash_recovered',
    errorClass: 'crash',
    paid: 'unknown',
    functionCallId: parked?.functionCallId ?? null,
    sentUs: parked?.sentUs ?? null,
    durationUs,
    overheadUs: parked?.overheadUs ?? 0,
    execEstimateUs: durationUs,
    bytesIn: parked?.bytesIn ?? 0,
    bytesOut: parked?.bytesOut ?? 0,
    legs: parked === null ? 1 : parked.legs + 1,
  };
}

const UNKNOWN = {
  status: null,
  diagnosis: null,
  firstByteUs: null,
  firstTokenUs: null,
  lastByteUs: null,
  upstreamEndUs: null,
  chunks: 0,
  streamed: false,
  contentType: null,
  contentEncoding: null,
  digest: null,
  retries: 0,
  ...NO_CLAIMS,
  ...NO_USAGE,
} as const;
