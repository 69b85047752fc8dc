import type { ClosedRequest, OpenedRequest } from '../core/request-record.ts';
import type { ParkedRequest } from '../ports/journal.ts';

/**
 * Requests by position, in both directions. Written out, and not driven by a list of names: a literal
 * costs a quarter, and this runs for every request. The positions are the format of the journal: one that
 * changes its meaning needs a new version of the entry; a new field goes to the end, and reads as `null`
 * where an older program wrote the entry.
 */

export type Leg = Omit<ParkedRequest, 'request'>;

export function openedFields(type: string, version: number, from: OpenedRequest): unknown[] {
  return [
    type,
    version,
    from.id,
    from.endpoint,
    from.pool,
    from.operation,
    from.client,
    from.group,
    from.tags,
    from.method,
    from.path,
    from.startedAt,
    from.traceId,
    from.parentSpanId,
    from.clientCountry,
  ];
}

export function openedOf(fields: unknown[]): OpenedRequest {
  const at = upTo(15, fields);
  return {
    id: at[2],
    endpoint: at[3],
    pool: at[4],
    operation: at[5],
    client: at[6],
    group: at[7],
    tags: at[8],
    method: at[9],
    path: at[10],
    startedAt: at[11],
    traceId: at[12],
    parentSpanId: at[13],
    clientCountry: at[14],
  };
}

/** Fields of a leg, behind which its request comes. */
export const LEG_FIELDS = 10;

/** A leg that waits for its client to come back; the request itself comes behind it. */
export function legFields(type: string, version: number, from: Leg): unknown[] {
  return [
    type,
    version,
    from.functionCallId,
    from.legs,
    from.parkedAtUs,
    from.sentUs,
    from.overheadUs,
    from.execEstimateUs,
    from.bytesIn,
    from.bytesOut,
  ];
}

export function legOf(fields: unknown[]): Leg {
  const at = upTo(LEG_FIELDS, fields);
  return {
    functionCallId: at[2],
    legs: at[3],
    parkedAtUs: at[4],
    sentUs: at[5],
    overheadUs: at[6],
    execEstimateUs: at[7],
    bytesIn: at[8],
    bytesOut: at[9],
  };
}

/** What an opened request has stands in front, at the same places. */
export function closedFields(type: string, version: number, from: ClosedRequest): unknown[] {
  const fields = openedFields(type, version, from);
  fields.push(
    from.functionCallId,
    from.containerId,
    from.containerRegion,
    from.containerCloud,
    from.coldStart,
    from.readyDelayUs,
    from.containerAgeUs,
    from.containerRequestsBefore,
    from.containerInFlight,
    from.queueUs,
    from.generationUs,
    from.model,
    from.tokensIn,
    from.tokensOut,
    from.tokensCached,
    from.tokensReasoning,
    from.finishReason,
    from.outcome,
    from.status,
    from.errorClass,
    from.paid,
    from.diagnosis,
    from.sentUs,
    from.firstByteUs,
    from.firstTokenUs,
    from.lastByteUs,
    from.upstreamEndUs,
    from.durationUs,
    from.overheadUs,
    from.execEstimateUs,
    from.bytesIn,
    from.bytesOut,
    from.chunks,
    from.streamed,
    from.contentType,
    from.contentEncoding,
    from.digest,
    from.legs,
    from.retries,
  );
  return fields;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one literal of all fields gives all records one shape.
export function closedOf(fields: unknown[]): ClosedRequest {
  const at = upTo(54, fields);
  return {
    id: at[2],
    endpoint: at[3],
    pool: at[4],
    operation: at[5],
    client: at[6],
    group: at[7],
    tags: at[8],
    method: at[9],
    path: at[10],
    startedAt: at[11],
    traceId: at[12],
    parentSpanId: at[13],
    clientCountry: at[14],
    functionCallId: at[15],
    containerId: at[16],
    containerRegion: at[17],
    containerCloud: at[18],
    coldStart: at[19],
    readyDelayUs: at[20],
    containerAgeUs: at[21],
    containerRequestsBefore: at[22],
    containerInFlight: at[23],
    queueUs: at[24],
    generationUs: at[25],
    model: at[26],
    tokensIn: at[27],
    tokensOut: at[28],
    tokensCached: at[29],
    tokensReasoning: at[30],
    finishReason: at[31],
    outcome: at[32],
    status: at[33],
    errorClass: at[34],
    paid: at[35],
    diagnosis: at[36],
    sentUs: at[37],
    firstByteUs: at[38],
    firstTokenUs: at[39],
    lastByteUs: at[40],
    upstreamEndUs: at[41],
    durationUs: at[42],
    overheadUs: at[43],
    execEstimateUs: at[44],
    bytesIn: at[45],
    bytesOut: at[46],
    chunks: at[47],
    streamed: at[48],
    contentType: at[49],
    contentEncoding: at[50],
    digest: at[51],
    legs: at[52],
    retries: at[53],
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the type of each position is what was written there.
function upTo(count: number, fields: unknown[]): any[] {
  while (fields.length < count) fields.push(null);
  return fields;
}
