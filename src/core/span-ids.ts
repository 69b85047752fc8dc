import { contentHash } from './content-hash.ts';
import { clientSpanIdOf, serverSpanIdOf } from './ids.ts';

/** The ids of a request's spans. All follow from the request's id, so a span sent twice is the same span. */
export interface SpanIds {
  readonly server: string;
  /** The upstream call; the upstream saw it as parent. */
  readonly client: string;
  readonly queue: string;
  readonly coldStart: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ids for a request of any source: one that is no UUID (an imported id) is hashed into spans. */
export function spanIdsOf(requestId: string): SpanIds {
  if (UUID.test(requestId)) {
    const server = serverSpanIdOf(requestId);
    return {
      server,
      client: clientSpanIdOf(requestId),
      queue: turned(server, 0x8),
      coldStart: turned(server, 0xc),
    };
  }
  const server = hashedSpanId(requestId);
  return {
    server,
    client: turned(server, 0x4),
    queue: turned(server, 0x8),
    coldStart: turned(server, 0xc),
  };
}

/** Id of the span that tells a change of a request's final cost; `change` numbers the change. */
export function costSpanIdOf(requestId: string, change: number): string {
  return hashedSpanId(`${requestId}/cost/${change}`);
}

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;

/** The trace id as sent: an imported one that is not 32 hex digits is hashed into one. */
export function exportedTraceId(traceId: string): string {
  return TRACE_ID.test(traceId) ? traceId : hashedTraceId(traceId);
}

export function hashedTraceId(identity: string): string {
  return hashedSpanId(identity) + hashedSpanId(`${identity}/`);
}

/** 16 hex digits, never all zero: W3C gives that no meaning. */
export function hashedSpanId(identity: string): string {
  const digits = contentHash(identity);
  return digits === '0000000000000000' ? '0000000000000001' : digits;
}

function turned(spanId: string, bits: number): string {
  const first = Number.parseInt(spanId.slice(0, 1), 16) ^ bits;
  return first.toString(16) + spanId.slice(1);
}
