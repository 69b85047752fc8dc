import type { Selectable } from 'kysely';
import { isTraceOf, traceIdOf } from '../core/ids.ts';
import type { ClosedRequest, LedgerRequest, RequestCost } from '../core/request-record.ts';
import type { NameDictionary } from './names.ts';
import { requestIdOf, storedIdOf } from './request-id.ts';
import type { RequestKind } from './request-kinds.ts';
import type { RequestsTable } from './tables/requests.ts';

export type RequestRow = Selectable<RequestsTable>;

/** A row with its kind, as the queries read it. */
export type JoinedRequestRow = RequestRow & RequestKind;

/** Columns of a row that settlement does not change. */
export const OWN_COLUMNS = [
  ...(['seq', 'started_at', 'uid', 'endpoint_id', 'pool_id', 'kind_id', 'path_id'] as const),
  ...(['outcome', 'paid', 'group_key', 'tags', 'trace_id', 'parent_span_id'] as const),
  ...(['function_call_id', 'digest', 'sent_us', 'first_byte_us', 'first_token_us'] as const),
  ...(['last_byte_us', 'upstream_end_us', 'duration_us', 'overhead_us'] as const),
  ...(['exec_estimate_us', 'bytes_in', 'bytes_out', 'chunks', 'tokens_in', 'tokens_out'] as const),
  ...(['tokens_cached', 'tokens_reasoning', 'container_id', 'cold_start'] as const),
  ...(['ready_delay_us', 'container_age_us', 'container_requests_before'] as const),
  ...(['container_in_flight', 'queue_us', 'generation_us'] as const),
] as const;

/** Announces every name that the row itself will refer to. */
export function wantRowNames(
  names: NameDictionary,
  closed: ClosedRequest,
  cost: RequestCost,
): void {
  names.want('endpoint', closed.endpoint);
  names.want('pool', closed.pool);
  names.want('path', closed.path);
  names.want('container', closed.containerId);
  names.want('price', cost.priceId);
}

/** Announces every name that the row's kind will refer to. */
export function wantKindNames(names: NameDictionary, closed: ClosedRequest): void {
  names.want('operation', closed.operation);
  names.want('client', closed.client);
  names.want('method', closed.method);
  names.want('country', closed.clientCountry);
  names.want('content_type', closed.contentType);
  names.want('content_encoding', closed.contentEncoding);
  names.want('model', closed.model);
  names.want('finish_reason', closed.finishReason);
  names.want('region', closed.containerRegion);
  names.want('cloud', closed.containerCloud);
}

/** Whether both requests are of one kind, told before either has one: neighbours mostly are. */
export function areOfOneKind(one: ClosedRequest, other: ClosedRequest): boolean {
  return (
    one.operation === other.operation &&
    one.client === other.client &&
    one.method === other.method &&
    one.clientCountry === other.clientCountry &&
    one.status === other.status &&
    one.errorClass === other.errorClass &&
    one.diagnosis === other.diagnosis &&
    one.streamed === other.streamed &&
    one.contentType === other.contentType &&
    one.contentEncoding === other.contentEncoding &&
    one.legs === other.legs &&
    one.retries === other.retries &&
    one.model === other.model &&
    one.finishReason === other.finishReason &&
    one.containerRegion === other.containerRegion &&
    one.containerCloud === other.containerCloud
  );
}

export function requestKindOf(closed: ClosedRequest, names: NameDictionary): RequestKind {
  return {
    operation_id: names.nullableIdOf('operation', closed.operation),
    client_id: names.nullableIdOf('client', closed.client),
    method_id: names.idOf('method', closed.method),
    country_id: names.nullableIdOf('country', closed.clientCountry),
    status: closed.status,
    error_class: closed.errorClass,
    diagnosis: closed.diagnosis,
    streamed: closed.streamed ? 1 : 0,
    content_type_id: names.nullableIdOf('content_type', closed.contentType),
    content_encoding_id: names.nullableIdOf('content_encoding', closed.contentEncoding),
    legs: closed.legs,
    retries: closed.retries,
    model_id: names.nullableIdOf('model', closed.model),
    finish_reason_id: names.nullableIdOf('finish_reason', closed.finishReason),
    region_id: names.nullableIdOf('region', closed.containerRegion),
    cloud_id: names.nullableIdOf('cloud', closed.containerCloud),
  };
}

type RowKeys = Pick<RequestRow, 'seq' | 'kind_id'>;

/** One literal of all columns: it gives all rows one shape, and spreads cost more than the rest. */
export function rowOf(
  keys: RowKeys,
  closed: ClosedRequest,
  cost: RequestCost,
  names: NameDictionary,
): RequestRow {
  const { id, startedAt, group, traceId, tags, coldStart } = closed;
  return {
    seq: keys.seq,
    started_at: startedAt,
    uid: storedIdOf(id, startedAt),
    endpoint_id: names.idOf('endpoint', closed.endpoint),
    pool_id: names.nullableIdOf('pool', closed.pool),
    kind_id: keys.kind_id,
    path_id: names.idOf('path', closed.path),
    outcome: closed.outcome,
    paid: closed.paid,
    group_key: group === traceId ? null : group,
    tags: tags === null ? null : JSON.stringify(tags),
    trace_id: isTraceOf(id, traceId) ? null : traceId,
    parent_span_id: closed.parentSpanId,
    function_call_id: closed.functionCallId,
    digest: closed.digest,
    sent_us: closed.sentUs,
    first_byte_us: closed.firstByteUs,
    first_token_us: closed.firstTokenUs,
    last_byte_us: closed.lastByteUs,
    upstream_end_us: closed.upstreamEndUs,
    duration_us: closed.durationUs,
    overhead_us: closed.overheadUs,
    exec_estimate_us: closed.execEstimateUs,
    bytes_in: closed.bytesIn,
    bytes_out: closed.bytesOut,
    chunks: closed.chunks,
    tokens_in: closed.tokensIn,
    tokens_out: closed.tokensOut,
    tokens_cached: closed.tokensCached,
    tokens_reasoning: closed.tokensReasoning,
    container_id: names.nullableIdOf('container', closed.containerId),
    cold_start: coldStart === null ? null : Number(coldStart),
    ready_delay_us: closed.readyDelayUs,
    container_age_us: closed.containerAgeUs,
    container_requests_before: closed.containerRequestsBefore,
    container_in_flight: closed.containerInFlight,
    queue_us: closed.queueUs,
    generation_us: closed.generationUs,
    cost_state: cost.costState,
    attribution: cost.attribution,
    price_id: names.nullableIdOf('price', cost.priceId),
    gpu_us: cost.gpuUs,
    exec_nano: cost.execNano,
    overhead_nano: cost.overheadNano,
    total_nano: cost.totalNano,
    low_nano: cost.lowNano,
    high_nano: cost.highNano,
  };
}

/** Ids in `names` that `requestOf` will ask for. */
export function nameIdsOf(row: JoinedRequestRow): (number | null)[] {
  return [
    ...[row.endpoint_id, row.pool_id, row.operation_id, row.client_id, row.method_id, row.path_id],
    ...[row.country_id, row.content_type_id, row.content_encoding_id, row.model_id],
    ...[row.finish_reason_id, row.container_id, row.region_id, row.cloud_id, row.price_id],
  ];
}

/** The request that a row stands for. A name that has gone reads as `null`, or as empty where one must be. */
export function requestOf(
  row: JoinedRequestRow,
  names: ReadonlyMap<number, string>,
): LedgerRequest {
  const name = (id: number | null) => (id === null ? null : (names.get(id) ?? null));
  const id = requestIdOf(row.uid, row.started_at);
  return {
    id,
    endpoint: name(row.endpoint_id) ?? '',
    pool: name(row.pool_id),
    operation: name(row.operation_id),
    client: name(row.client_id),
    group: row.group_key,
    tags: row.tags === null ? null : JSON.parse(row.tags),
    method: name(row.method_id) ?? '',
    path: name(row.path_id) ?? '',
    startedAt: row.started_at,
    traceId: row.trace_id ?? traceIdOf(id),
    parentSpanId: row.parent_span_id,
    clientCountry: name(row.country_id),
    ...endOf(row, name),
    ...measuresOf(row),
    ...claimsOf(row, name),
    ...costOf(row, name),
  };
}

type NameOf = (id: number | null) => string | null;

function endOf(row: JoinedRequestRow, name: NameOf) {
  return {
    outcome: row.outcome,
    status: row.status,
    errorClass: row.error_class,
    paid: row.paid,
    diagnosis: row.diagnosis,
    streamed: row.streamed === 1,
    contentType: name(row.content_type_id),
    contentEncoding: name(row.content_encoding_id),
    digest: row.digest,
    legs: row.legs,
    retries: row.retries,
    model: name(row.model_id),
    finishReason: name(row.finish_reason_id),
  };
}

function measuresOf(row: RequestRow) {
  return {
    sentUs: row.sent_us,
    firstByteUs: row.first_byte_us,
    firstTokenUs: row.first_token_us,
    lastByteUs: row.last_byte_us,
    upstreamEndUs: row.upstream_end_us,
    durationUs: row.duration_us,
    overheadUs: row.overhead_us,
    execEstimateUs: row.exec_estimate_us,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    chunks: row.chunks,
    tokensIn: row.tokens_in,
    tokensOut: row.tokens_out,
    tokensCached: row.tokens_cached,
    tokensReasoning: row.tokens_reasoning,
  };
}

function claimsOf(row: JoinedRequestRow, name: NameOf) {
  return {
    functionCallId: row.function_call_id,
    containerId: name(row.container_id),
    containerRegion: name(row.region_id),
    containerCloud: name(row.cloud_id),
    coldStart: row.cold_start === null ? null : row.cold_start === 1,
    readyDelayUs: row.ready_delay_us,
    containerAgeUs: row.container_age_us,
    containerRequestsBefore: row.container_requests_before,
    containerInFlight: row.container_in_flight,
    queueUs: row.queue_us,
    generationUs: row.generation_us,
  };
}

function costOf(row: RequestRow, name: NameOf): RequestCost {
  return {
    costState: row.cost_state,
    attribution: row.attribution,
    priceId: name(row.price_id),
    gpuUs: row.gpu_us,
    execNano: row.exec_nano,
    overheadNano: row.overhead_nano,
    totalNano: row.total_nano,
    lowNano: row.low_nano,
    highNano: row.high_nano,
  };
}
