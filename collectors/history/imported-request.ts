import { traceIdOf } from '../../src/core/ids.ts';
import { NO_CLAIMS, NO_USAGE } from '../../src/core/nothing-known.ts';
import type { ClosedRequest } from '../../src/core/request-record.ts';

type Required = 'id' | 'endpoint' | 'startedAt' | 'durationUs' | 'outcome';

/** What every source knows of a request, and what some do. */
export type KnownOfRequest = Pick<ClosedRequest, Required> & Partial<Omit<ClosedRequest, Required>>;

/**
 * A finished request of which only some things are known. Unknown stays `null`; sizes and counts that the
 * record has no `null` for are 0. The estimate of container time is the duration less the queue: an upper
 * bound, which settlement replaces.
 */
export function importedRequest(known: KnownOfRequest): ClosedRequest {
  const ran = known.paid !== 'no';
  return {
    ...UNKNOWN,
    traceId: traceIdOf(known.id),
    paid: known.outcome === 'ok' ? 'yes' : 'unknown',
    execEstimateUs: ran ? Math.max(0, known.durationUs - (known.queueUs ?? 0)) : null,
    ...known,
  };
}

const UNKNOWN = {
  pool: null,
  operation: null,
  client: null,
  group: null,
  tags: null,
  method: 'POST',
  path: '/',
  parentSpanId: null,
  clientCountry: null,
  ...NO_CLAIMS,
  ...NO_USAGE,
  status: null,
  errorClass: null,
  diagnosis: null,
  sentUs: null,
  firstByteUs: null,
  firstTokenUs: null,
  lastByteUs: null,
  upstreamEndUs: null,
  overheadUs: 0,
  bytesIn: 0,
  bytesOut: 0,
  chunks: 0,
  streamed: false,
  contentType: null,
  contentEncoding: null,
  digest: null,
  legs: 1,
  retries: 0,
} as const satisfies Partial<ClosedRequest>;
