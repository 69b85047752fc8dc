import type { ClosedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import type { ConcurrencyMeter } from './concurrency-meter.ts';
import { closedRequest, type Ending } from './end-of-request.ts';
import { startProgress } from './progress.ts';
import type { ParkedExchange } from './redirect-chain.ts';

const ABANDONED: Ending = { outcome: 'client_abort', errorClass: 'client_abort', paid: 'yes' };
const NEVER_READY: Ending = {
  outcome: 'upstream_error',
  errorClass: 'modal_missing_request',
  paid: 'yes',
};

/**
 * The record of a request whose client did not follow Modal's redirect, or did not come back after its wait
 * broke off: it ended when it was parked, and the call is taken to have run on for the grace after that.
 */
export function abandonedRequest(
  exchange: ParkedExchange,
  meter: ConcurrencyMeter,
  now: Micros,
  graceUs: Micros,
): ClosedRequest {
  const { parked, meterReading, lastStatus, broken } = exchange;
  const share = meter.share();
  if (meterReading !== null) {
    meter.leave(meterReading, now);
  }
  const progress = broken?.progress ?? startProgress(parked.request, parked);
  progress.legs = parked.legs;
  progress.bytesIn = parked.bytesIn;
  progress.overheadUs = parked.overheadUs;
  progress.status = lastStatus;
  progress.execUs = (parked.execEstimateUs ?? 0) + Math.round(graceUs * share);
  const unanswered = lastStatus === 408 ? NEVER_READY : ABANDONED;
  return closedRequest(progress, broken?.ending ?? unanswered, {
    durationUs: parked.parkedAtUs,
    upstreamEndUs: parked.parkedAtUs + graceUs,
    diagnosis: null,
  });
}
