import {
  type AttributeType,
  TAG_PREFIX,
  TELEMETRY_ATTRIBUTES,
} from '../../core/telemetry-attributes.ts';
import type { EpochMicros } from '../../core/units.ts';
import type { AttributeValue, SpanKind, SpanRecord } from '../spans/span-record.ts';
import type { ExportIdentity } from './otlp-protobuf.ts';

/** OTLP's JSON form, for a person who wants to read it: ids in hex, 64-bit integers as strings. */
export function encodeOtlpJson(spans: readonly SpanRecord[], identity: ExportIdentity): string {
  const resource = Object.entries(identity.resource).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: resource },
        scopeSpans: [{ scope: identity.scope, spans: spans.map(jsonSpan) }],
      },
    ],
  });
}

const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };

function jsonSpan(span: SpanRecord) {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanos(span.startedAt),
    endTimeUnixNano: nanos(span.endedAt),
    attributes: jsonAttributes(span),
    ...(span.status === 'error' ? { status: jsonError(span.statusMessage) } : {}),
    flags: span.remoteParent ? 0x301 : 0x101,
  };
}

function jsonError(message: string | null) {
  return { code: 2, ...(message === null ? {} : { message }) };
}

function nanos(at: EpochMicros): string {
  return String(BigInt(at) * 1_000n);
}

function jsonAttributes(span: SpanRecord): object[] {
  const attributes: object[] = [];
  const types: Readonly<Record<string, { readonly type: AttributeType }>> = TELEMETRY_ATTRIBUTES;
  for (const group of span.attributes) {
    for (const [key, value] of Object.entries(group)) {
      if (value !== null) attributes.push({ key, value: jsonValue(types[key]?.type, value) });
    }
  }
  for (const [key, value] of Object.entries(span.tags ?? {})) {
    attributes.push({ key: TAG_PREFIX + key, value: { stringValue: value } });
  }
  return attributes;
}

function jsonValue(type: AttributeType | undefined, value: Exclude<AttributeValue, null>): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value !== 'number') {
    return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
  }
  return type === 'integer' ? { intValue: String(value) } : { doubleValue: value };
}
