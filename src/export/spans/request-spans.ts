import type { EndpointSettings } from '../../core/endpoint.ts';
import type { LedgerRequest } from '../../core/request-record.ts';
import { exportedTraceId, type SpanIds, spanIdsOf } from '../../core/span-ids.ts';
import type { Micros } from '../../core/units.ts';
import { generationOperation, requestAttributes } from './request-attributes.ts';
import type { SpanAttributes, SpanRecord } from './span-record.ts';

/**
 * The spans of one request: SERVER for the whole, CLIENT for the upstream call if there was one, INTERNAL
 * for what was measured inside it. Ids, parents and times come from the row alone, so the same row always
 * gives the same spans.
 */
export function requestSpans(
  request: LedgerRequest,
  endpoint: EndpointSettings | null,
): SpanRecord[] {
  const ids = spanIdsOf(request.id);
  const traceId = exportedTraceId(request.traceId);
  const server: SpanRecord = {
    traceId,
    spanId: ids.server,
    // A caller's id belongs to the caller's trace: under a hashed trace id it would hang in the air.
    parentSpanId: traceId === request.traceId ? request.parentSpanId : null,
    remoteParent: request.parentSpanId !== null,
    name: serverName(request),
    kind: 'server',
    startedAt: request.startedAt,
    endedAt: request.startedAt + request.durationUs,
    status: isServerError(request) ? 'error' : 'unset',
    statusMessage: isServerError(request) ? (request.errorClass ?? request.outcome) : null,
    attributes: requestAttributes(request, endpoint),
    tags: request.tags,
  };
  if (request.sentUs === null) return [server];
  return [server, ...upstreamSpans(request, { ids, traceId, sentUs: request.sentUs })];
}

function serverName(request: LedgerRequest): string {
  const operation = generationOperation(request);
  return operation === null || request.model === null
    ? `${request.method} ${request.endpoint}`
    : `${operation} ${request.model}`;
}

/** A client that goes away and a 4xx are no errors of the server: the HTTP conventions say so. */
function isServerError(request: LedgerRequest): boolean {
  if (request.outcome === 'ok' || request.outcome === 'client_abort') return false;
  if (request.outcome === 'app_error') return true;
  return request.status === null || request.status >= 500;
}

interface UpstreamCall {
  readonly ids: SpanIds;
  readonly traceId: string;
  readonly sentUs: Micros;
}

function upstreamSpans(request: LedgerRequest, call: UpstreamCall): SpanRecord[] {
  const { sentUs, ids } = call;
  const endUs = request.upstreamEndUs ?? request.lastByteUs ?? request.durationUs;
  const failed = request.errorClass !== null && request.outcome !== 'client_abort';
  const client: SpanRecord = {
    ...part(call.traceId, { spanId: ids.client, parentSpanId: ids.server }),
    name: `modal ${request.endpoint}`,
    kind: 'client',
    startedAt: request.startedAt + sentUs,
    endedAt: request.startedAt + Math.max(sentUs, endUs),
    status: failed ? 'error' : 'unset',
    statusMessage: failed ? request.errorClass : null,
    attributes: [clientAttributes(request)],
  };
  const spans = [client];
  const queue = queueSpan(request, call);
  if (queue !== null) spans.push(queue);
  const coldStart = coldStartSpan(request, call);
  if (coldStart !== null) spans.push(coldStart);
  return spans;
}

function clientAttributes(request: LedgerRequest): SpanAttributes {
  return {
    'tripmeter.span': 'upstream',
    'request.id': request.id,
    'modal.endpoint': request.endpoint,
    'http.request.method': request.method,
    'http.response.status_code': request.status,
    'error.type': request.errorClass,
    'modal.function_call_id': request.functionCallId,
    'modal.container.id': request.containerId,
  };
}

function queueSpan(request: LedgerRequest, call: UpstreamCall): SpanRecord | null {
  if (request.queueUs === null) return null;
  return {
    ...part(call.traceId, { spanId: call.ids.queue, parentSpanId: call.ids.client }),
    name: 'modal queue',
    startedAt: request.startedAt + call.sentUs,
    endedAt: request.startedAt + call.sentUs + request.queueUs,
    attributes: [partAttributes(request, 'queue')],
  };
}

/** Only when the moment at which the request entered the container is known: else the place is a guess. */
function coldStartSpan(request: LedgerRequest, call: UpstreamCall): SpanRecord | null {
  const { coldStart, readyDelayUs, queueUs, containerAgeUs } = request;
  if (coldStart !== true || readyDelayUs === null || queueUs === null) return null;
  const enteredUs = call.sentUs + queueUs;
  const bornUs = enteredUs - Math.max(containerAgeUs ?? 0, readyDelayUs);
  return {
    ...part(call.traceId, { spanId: call.ids.coldStart, parentSpanId: call.ids.client }),
    name: 'modal cold start',
    startedAt: request.startedAt + bornUs,
    endedAt: request.startedAt + bornUs + readyDelayUs,
    attributes: [partAttributes(request, 'cold_start')],
  };
}

function partAttributes(request: LedgerRequest, span: string): SpanAttributes {
  return {
    'tripmeter.span': span,
    'request.id': request.id,
    'modal.endpoint': request.endpoint,
    'modal.container.id': request.containerId,
  };
}

function part(traceId: string, own: Pick<SpanRecord, 'spanId' | 'parentSpanId'>) {
  return {
    traceId,
    ...own,
    remoteParent: false,
    kind: 'internal',
    status: 'unset',
    statusMessage: null,
    tags: null,
  } as const;
}
