import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const root = protobuf.parse(
  readFileSync(new URL('../../fixtures/otlp/trace-service.proto', import.meta.url), 'utf8'),
).root;
const request = root.lookupType('otlp.ExportTraceServiceRequest');
const response = root.lookupType('otlp.ExportTraceServiceResponse');

/** A span as a receiver reads it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: string;
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly status: { readonly code: string; readonly message: string };
  readonly flags: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** `intValue`, `doubleValue`, …, by attribute. */
  readonly types: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Reads an `ExportTraceServiceRequest` by the official definitions. @throws Error when it is malformed. */
export function decodeOtlp(body: Uint8Array): ReceivedSpan[] {
  const decoded = request.toObject(request.decode(body), {
    longs: String,
    bytes: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }) as { resourceSpans: WireResourceSpans[] };
  return decoded.resourceSpans.flatMap((resourceSpans) => {
    const resource = valuesOf(resourceSpans.resource.attributes).values;
    return resourceSpans.scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => receivedSpan(span, resource)),
    );
  });
}

const idsOnly = protobuf
  .parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { repeated ScopeSpans scope_spans = 2; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span { bytes trace_id = 1; bytes span_id = 2; }
`)
  .root.lookupType('Request');

/** The same with nothing but the two ids filled in: the decoder skips the rest. */
export function decodeOtlpIds(body: Uint8Array): ReceivedSpan[] {
  const decoded = idsOnly.decode(body) as unknown as WireIds;
  return decoded.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...NO_SPAN,
        traceId: Buffer.from(span.traceId).toString('hex'),
        spanId: Buffer.from(span.spanId).toString('hex'),
      })),
    ),
  );
}

const NO_SPAN: ReceivedSpan = {
  traceId: '',
  spanId: '',
  parentSpanId: '',
  name: '',
  kind: '',
  startNano: 0n,
  endNano: 0n,
  status: { code: '', message: '' },
  flags: 0,
  attributes: {},
  types: {},
  resource: {},
};

interface WireIds {
  resourceSpans: { scopeSpans: { spans: { traceId: Uint8Array; spanId: Uint8Array }[] }[] }[];
}

export function partialSuccessBody(rejectedSpans: number, errorMessage: string): Buffer {
  return Buffer.from(
    response.encode(response.create({ partialSuccess: { rejectedSpans, errorMessage } })).finish(),
  );
}

function receivedSpan(span: WireSpan, resource: Record<string, unknown>): ReceivedSpan {
  const { values, types } = valuesOf(span.attributes);
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    name: span.name,
    kind: span.kind.replace('SPAN_KIND_', '').toLowerCase(),
    startNano: BigInt(span.startTimeUnixNano),
    endNano: BigInt(span.endTimeUnixNano),
    status: {
      code: (span.status?.code ?? 'STATUS_CODE_UNSET').replace('STATUS_CODE_', '').toLowerCase(),
      message: span.status?.message ?? '',
    },
    flags: span.flags,
    attributes: values,
    types,
    resource,
  };
}

function valuesOf(attributes: readonly WireKeyValue[]) {
  const values: Record<string, unknown> = {};
  const types: Record<string, string> = {};
  for (const { key, value } of attributes) {
    if (key in values) throw new Error(`attribute ${key} is there twice`);
    values[key] = plainValue(value);
    types[key] = value.value;
  }
  return { values, types };
}

function plainValue(value: WireAnyValue): unknown {
  const found = value[value.value];
  if (value.value === 'intValue') return Number(found);
  if (value.value === 'arrayValue') {
    return (found as { values: WireAnyValue[] }).values.map(plainValue);
  }
  return found;
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

interface WireResourceSpans {
  resource: { attributes: WireKeyValue[] };
  scopeSpans: { spans: WireSpan[] }[];
}

interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code: string; message: string } | null;
  flags: number;
  attributes: WireKeyValue[];
}

interface WireKeyValue {
  key: string;
  value: WireAnyValue;
}

type WireAnyValue = { value: string } & Record<string, unknown>;
