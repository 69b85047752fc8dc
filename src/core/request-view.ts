import { serverSpanIdOf } from './ids.ts';
import { isoInstant } from './measure-text.ts';
import type { LedgerRequest, OpenedRequest } from './request-record.ts';
import { MICROS_PER_SECOND, type Micros, millis, type NanoUsd, usdString } from './units.ts';

/** A request as scripts read it, from the command line and the API. Unknown is `null`. */
export interface RequestView {
  readonly id: string;
  readonly endpoint: string;
  readonly operation: string | null;
  readonly client: string | null;
  /** The trace id when the caller named no group. */
  readonly group: string | null;
  readonly method: string;
  readonly path: string;
  /** ISO 8601, UTC, microseconds. */
  readonly startedAt: string;
  readonly state: 'open' | 'closed';
  readonly outcome: string | null;
  readonly status: number | null;
  readonly errorClass: string | null;
  readonly paid: string | null;
  readonly diagnosis: string | null;
  readonly durationMs: number | null;
  readonly ttfbMs: number | null;
  readonly firstTokenMs: number | null;
  readonly overheadMs: number | null;
  readonly queueMs: number | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly chunks: number | null;
  readonly streamed: boolean | null;
  readonly legs: number | null;
  readonly model: string | null;
  readonly tokensIn: number | null;
  readonly tokensOut: number | null;
  readonly tokensCached: number | null;
  readonly functionCallId: string | null;
  readonly containerId: string | null;
  readonly coldStart: boolean | null;
  /** Container time × GPU count. */
  readonly gpuSeconds: number | null;
  readonly costUsd: CostView;
  readonly costState: string | null;
  readonly attribution: string | null;
  readonly priceId: string | null;
  readonly traceId: string;
  readonly spanId: string | null;
}

/** Dollars as decimal strings with nine digits after the point. */
interface CostView {
  readonly exec: string | null;
  readonly overhead: string | null;
  readonly total: string | null;
  readonly low: string | null;
  readonly high: string | null;
}

/** A closed request as the ledger has it. */
export function requestView(request: LedgerRequest): RequestView {
  return {
    ...openedPart(request),
    state: 'closed',
    outcome: request.outcome,
    status: request.status,
    errorClass: request.errorClass,
    paid: request.paid,
    diagnosis: request.diagnosis,
    durationMs: millis(request.durationUs),
    ttfbMs: nullableMillis(request.firstByteUs),
    firstTokenMs: nullableMillis(request.firstTokenUs),
    overheadMs: millis(request.overheadUs),
    queueMs: nullableMillis(request.queueUs),
    bytesIn: request.bytesIn,
    bytesOut: request.bytesOut,
    chunks: request.chunks,
    streamed: request.streamed,
    legs: request.legs,
    model: request.model,
    tokensIn: request.tokensIn,
    tokensOut: request.tokensOut,
    tokensCached: request.tokensCached,
    functionCallId: request.functionCallId,
    containerId: request.containerId,
    coldStart: request.coldStart,
    gpuSeconds: request.gpuUs === null ? null : request.gpuUs / MICROS_PER_SECOND,
    costUsd: {
      exec: nullableUsd(request.execNano),
      overhead: nullableUsd(request.overheadNano),
      total: nullableUsd(request.totalNano),
      low: nullableUsd(request.lowNano),
      high: nullableUsd(request.highNano),
    },
    costState: request.costState,
    attribution: request.attribution,
    priceId: request.priceId,
    ...tracePart(request),
  };
}

/** A request that has not ended yet; `legs` counts the legs of its 303 chain so far. */
export function openRequestView(
  request: OpenedRequest,
  chain: { functionCallId: string; legs: number } | null,
): RequestView {
  return {
    ...openedPart(request),
    state: 'open',
    ...NOTHING_KNOWN,
    legs: chain?.legs ?? null,
    functionCallId: chain?.functionCallId ?? null,
    ...tracePart(request),
  };
}

function openedPart(request: OpenedRequest) {
  return {
    id: request.id,
    endpoint: request.endpoint,
    operation: request.operation,
    client: request.client,
    group: request.group ?? request.traceId,
    method: request.method,
    path: request.path,
    startedAt: isoInstant(request.startedAt),
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function tracePart({ id, traceId }: OpenedRequest) {
  // An imported id of another form names no span.
  return { traceId, spanId: UUID.test(id) ? serverSpanIdOf(id) : null };
}

function nullableMillis(duration: Micros | null): number | null {
  return duration === null ? null : millis(duration);
}

function nullableUsd(amount: NanoUsd | null): string | null {
  return amount === null ? null : usdString(amount);
}

const NO_COST: CostView = { exec: null, overhead: null, total: null, low: null, high: null };

const NOTHING_KNOWN = {
  outcome: null,
  status: null,
  errorClass: null,
  paid: null,
  diagnosis: null,
  durationMs: null,
  ttfbMs: null,
  firstTokenMs: null,
  overheadMs: null,
  queueMs: null,
  bytesIn: null,
  bytesOut: null,
  chunks: null,
  streamed: null,
  legs: null,
  model: null,
  tokensIn: null,
  tokensOut: null,
  tokensCached: null,
  functionCallId: null,
  containerId: null,
  coldStart: null,
  gpuSeconds: null,
  costUsd: NO_COST,
  costState: null,
  attribution: null,
  priceId: null,
} as const;

type Cell = string | number | boolean | null;

/** The flat columns of a request, for CSV and Parquet, in the order of `RequestView`. */
export const REQUEST_COLUMNS: readonly string[] = [
  ...['id', 'endpoint', 'operation', 'client', 'group', 'method', 'path', 'startedAt', 'state'],
  ...['outcome', 'status', 'errorClass', 'paid', 'diagnosis', 'durationMs', 'ttfbMs'],
  ...['firstTokenMs', 'overheadMs', 'queueMs', 'bytesIn', 'bytesOut', 'chunks', 'streamed', 'legs'],
  ...['model', 'tokensIn', 'tokensOut', 'tokensCached', 'functionCallId', 'containerId'],
  ...['coldStart', 'gpuSeconds', 'costUsd.exec', 'costUsd.overhead', 'costUsd.total'],
  ...['costUsd.low', 'costUsd.high', 'costState', 'attribution', 'priceId', 'traceId', 'spanId'],
];

/** The values of `REQUEST_COLUMNS`. */
export function requestCells(view: RequestView): Cell[] {
  const flat: Record<string, Cell> = {};
  for (const [name, value] of Object.entries(view)) {
    if (name !== 'costUsd') flat[name] = value as Cell;
  }
  for (const [name, value] of Object.entries(view.costUsd)) flat[`costUsd.${name}`] = value;
  return REQUEST_COLUMNS.map((name) => flat[name] ?? null);
}
