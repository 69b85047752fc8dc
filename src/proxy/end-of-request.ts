import type { Diagnosis, ErrorClass, Outcome, Paid } from '../core/outcome.ts';
import type { ClosedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import { classifyFailure } from './modal-edge.ts';
import { MAX_HOPS } from './modal-redirect.ts';
import type { Progress } from './progress.ts';
import type { ResponseNotes } from './response-headers.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

/** How a request ended, as far as the ending itself knows. */
export interface Ending {
  readonly outcome: Outcome;
  readonly errorClass: ErrorClass | null;
  readonly paid: Paid;
}

/** The verdict on a response that came complete. */
export function endingOfResponse(progress: Progress, host: string): Ending {
  const { status, reading } = progress;
  if (status !== null && status >= 400) {
    const { errorClass, paid } = classifyFailure({
      status,
      bodyPrefix: progress.bodyPrefix,
      hasFunctionCall: progress.functionCallId !== null,
      host,
    });
    return { outcome: 'upstream_error', errorClass, paid };
  }
  if (status === 303 && progress.legs > MAX_HOPS) {
    return { outcome: 'upstream_error', errorClass: 'modal_function_timeout', paid: 'yes' };
  }
  if (reading.failed) {
    return { outcome: 'app_error', errorClass: 'app_error', paid: 'yes' };
  }
  return { outcome: 'ok', errorClass: null, paid: 'yes' };
}

export function endingOfFailure(failure: UpstreamFailure, progress: Progress): Ending {
  const { outcome, errorClass } = failure;
  return { outcome, errorClass, paid: paidWithout(progress) };
}

/** Something ran once a response has begun; before that nobody can tell, unless the call was known to run. */
export function endingOfAbort(progress: Progress, outcome: 'client_abort' | 'shutdown'): Ending {
  const errorClass = outcome === 'shutdown' ? 'shutting_down' : 'client_abort';
  const paid = progress.firstByteUs === null ? paidWithout(progress) : 'yes';
  return { outcome, errorClass, paid };
}

/** Whether a request without a response cost anything. A later leg goes on with a call that runs. */
function paidWithout({ sentUs, legs }: Progress): Paid {
  if (sentUs === null) {
    return 'no';
  }
  return legs > 1 ? 'yes' : 'unknown';
}

export interface EndingTimes {
  readonly durationUs: Micros;
  /** `null` when the upstream stopped no later than the client's end. */
  readonly upstreamEndUs: Micros | null;
  readonly diagnosis: Diagnosis | null;
}

/** The row. This is the only place that builds one for a request that was accepted. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one literal of all fields gives all records one shape; spreads made each a dictionary, at 3 KB a request.
export function closedRequest(
  progress: Progress,
  ending: Ending,
  times: EndingTimes,
): ClosedRequest {
  const { opened, reading, notes, sentUs, firstByteUs, lastByteUs } = progress;
  const identity = notes?.identity ?? null;
  const seen = claimedCount(identity, 'seen');
  const elapsed = sentUs === null ? 0 : Math.max(0, (lastByteUs ?? firstByteUs ?? sentUs) - sentUs);
  return {
    id: opened.id,
    endpoint: opened.endpoint,
    pool: opened.pool,
    operation: opened.operation,
    client: opened.client,
    group: opened.group,
    tags: opened.tags,
    method: opened.method,
    path: opened.path,
    startedAt: opened.startedAt,
    traceId: opened.traceId,
    parentSpanId: opened.parentSpanId,
    clientCountry: opened.clientCountry,
    outcome: ending.outcome,
    status: progress.status,
    errorClass: ending.errorClass,
    paid: ending.paid,
    diagnosis: times.diagnosis,
    sentUs,
    firstByteUs,
    firstTokenUs: reading.firstTokenUs,
    lastByteUs,
    upstreamEndUs: times.upstreamEndUs,
    durationUs: times.durationUs,
    overheadUs: Math.min(progress.overheadUs, times.durationUs),
    execEstimateUs: progress.execUs,
    bytesIn: progress.bytesIn,
    bytesOut: progress.bytesOut,
    chunks: progress.chunks,
    streamed: progress.streamed,
    contentType: mediaType(notes?.contentType ?? null),
    contentEncoding: notes?.contentEncoding?.slice(0, 32) ?? null,
    digest: progress.digest,
    legs: progress.legs,
    retries: progress.retries,
    model: reading.model,
    tokensIn: reading.tokensIn,
    tokensOut: reading.tokensOut,
    tokensCached: reading.tokensCached,
    tokensReasoning: reading.tokensReasoning,
    finishReason: reading.finishReason,
    functionCallId: progress.functionCallId,
    containerId: text(identity, 'containerId'),
    containerRegion: text(identity, 'region'),
    containerCloud: text(identity, 'cloud'),
    coldStart: seen === null ? null : seen === 0,
    readyDelayUs: claimedCount(identity, 'readyUs'),
    containerAgeUs: claimedCount(identity, 'ageUs'),
    containerRequestsBefore: seen,
    containerInFlight: claimedCount(identity, 'inFlight'),
    queueUs: capped(reading.queueUs ?? claimedCount(identity, 'entryUs'), elapsed),
    generationUs: capped(reading.generationUs ?? claimedCount(identity, 'handlerUs'), elapsed),
  };
}

function text(
  identity: ResponseNotes['identity'],
  key: 'containerId' | 'region' | 'cloud',
): string | null {
  return identity?.[key]?.slice(0, 64) || null;
}

/** A non-negative whole number, else unknown: the header is whatever the upstream chose to send. */
function claimedCount(
  identity: ResponseNotes['identity'],
  key: 'seen' | 'readyUs' | 'ageUs' | 'inFlight' | 'entryUs' | 'handlerUs',
): number | null {
  const value = identity?.[key];
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** The container's claims end where the time that the request really took does. */
function capped(claim: Micros | null, limit: Micros): Micros | null {
  return claim === null ? null : Math.min(claim, limit);
}

function mediaType(contentType: string | null): string | null {
  if (contentType === null) {
    return null;
  }
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase().slice(0, 64);
}
