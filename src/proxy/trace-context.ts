/** The caller's place in a trace, from a W3C `traceparent` header. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the caller's span. */
  readonly parentSpanId: string;
  /** Two hex digits; bit 0 is `sampled`. */
  readonly flags: string;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** `null` when the header is not a valid traceparent: then a trace is started, as W3C asks. */
export function parseTraceparent(value: string): TraceContext | null {
  const match = TRACEPARENT.exec(value.trim());
  const [, version, traceId = '', parentSpanId = '', flags = '', more] = match ?? [];
  const valid =
    match !== null &&
    version !== 'ff' &&
    !(version === '00' && more !== undefined) &&
    !/^0+$/.test(traceId) &&
    !/^0+$/.test(parentSpanId);
  return valid ? { traceId, parentSpanId, flags } : null;
}

/** The header that tells the upstream which of our spans its work belongs to. */
export function traceparent(traceId: string, spanId: string, flags: string): string {
  return `00-${traceId}-${spanId}-${flags}`;
}
