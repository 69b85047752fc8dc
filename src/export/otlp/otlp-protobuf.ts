import {
  type AttributeType,
  TAG_PREFIX,
  TELEMETRY_ATTRIBUTES,
} from '../../core/telemetry-attributes.ts';
import type { EpochMicros } from '../../core/units.ts';
import type { AttributeValue, SpanKind, SpanRecord } from '../spans/span-record.ts';
import { ProtobufWriter, varintSize } from './protobuf-writer.ts';

/** What a resource or a scope says of itself. */
export interface ExportIdentity {
  readonly resource: Readonly<Record<string, string | number>>;
  readonly scope: { readonly name: string; readonly version: string };
}

/**
 * `ExportTraceServiceRequest` of opentelemetry-proto 1.x, written directly. Names are encoded once and no
 * span objects stand between, which takes about half the time of the SDK's serializer, before what the
 * SDK's span objects cost (test/bench/export.bench.ts). And a float stays a double when it happens to be
 * whole, which the SDK's does not: a backend's column would change its type with the first round figure.
 *
 * Field numbers: opentelemetry/proto/trace/v1/trace.proto and common/v1/common.proto.
 */
export class OtlpProtobufEncoder {
  readonly #spans = new ProtobufWriter();
  readonly #head = new ProtobufWriter();

  encode(spans: readonly SpanRecord[], identity: ExportIdentity): Buffer<ArrayBuffer> {
    this.#spans.clear();
    for (const span of spans) writeSpan(this.#spans, span);
    const body = this.#spans;
    const resource = this.#resource(identity);
    const scope = this.#scope(identity);
    const scopeSpans = this.#prefixed(0x12, scope.length + body.length);
    const resourceSpans = this.#prefixed(
      0x0a,
      resource.length + scopeSpans.length + scope.length + body.length,
    );
    return Buffer.concat([resourceSpans, resource, scopeSpans, scope, body.view()]);
  }

  #resource({ resource }: ExportIdentity): Buffer {
    this.#head.clear();
    this.#head.byte(0x0a);
    const start = this.#head.begin();
    for (const [name, value] of Object.entries(resource)) {
      const encoded = encodedName(name);
      if (typeof value === 'string') writeText(this.#head, RESOURCE_ATTRIBUTE, encoded, value);
      else writeInteger(this.#head, RESOURCE_ATTRIBUTE, encoded, value);
    }
    this.#head.end(start);
    return this.#head.finish();
  }

  #scope({ scope }: ExportIdentity): Buffer {
    this.#head.clear();
    this.#head.byte(0x0a);
    const start = this.#head.begin();
    this.#head.byte(0x0a);
    this.#head.text(scope.name);
    this.#head.byte(0x12);
    this.#head.text(scope.version);
    this.#head.end(start);
    return this.#head.finish();
  }

  #prefixed(tag: number, size: number): Buffer {
    this.#head.clear();
    this.#head.byte(tag);
    this.#head.varint(size);
    return this.#head.finish();
  }
}

const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };
const STATUS_ERROR = 2;
const FLAGS_SAMPLED = 0x101;
const FLAGS_SAMPLED_REMOTE_PARENT = 0x301;

function writeSpan(writer: ProtobufWriter, span: SpanRecord): void {
  writer.byte(0x12);
  const start = writer.begin();
  writer.byte(0x0a);
  writer.hex(span.traceId);
  writer.byte(0x12);
  writer.hex(span.spanId);
  if (span.parentSpanId !== null) {
    writer.byte(0x22);
    writer.hex(span.parentSpanId);
  }
  writer.byte(0x2a);
  writer.text(span.name);
  writer.byte(0x30);
  writer.byte(KINDS[span.kind]);
  writer.byte(0x39);
  writeNanos(writer, span.startedAt);
  writer.byte(0x41);
  writeNanos(writer, span.endedAt);
  writeAttributes(writer, span);
  if (span.status === 'error') writeError(writer, span.statusMessage);
  // Field 16: the tag takes two bytes.
  writer.byte(0x85);
  writer.byte(0x01);
  writer.fixed32(span.remoteParent ? FLAGS_SAMPLED_REMOTE_PARENT : FLAGS_SAMPLED);
  writer.end(start);
}

function writeError(writer: ProtobufWriter, message: string | null): void {
  writer.byte(0x7a);
  const start = writer.begin();
  if (message !== null) {
    writer.byte(0x12);
    writer.text(message);
  }
  writer.byte(0x18);
  writer.byte(STATUS_ERROR);
  writer.end(start);
}

/** µs × 1,000 exceeds a safe integer, so the two halves are multiplied apart. */
function writeNanos(writer: ProtobufWriter, at: EpochMicros): void {
  const low = (at % 2 ** 32) * 1_000;
  const high = Math.floor(at / 2 ** 32) * 1_000 + Math.floor(low / 2 ** 32);
  writer.fixed64(high, low % 2 ** 32);
}

const RESOURCE_ATTRIBUTE = 0x0a;
const SPAN_ATTRIBUTE = 0x4a;

interface KnownAttribute {
  readonly type: AttributeType;
  readonly name: Buffer;
}

const KNOWN: ReadonlyMap<string, KnownAttribute> = new Map(
  Object.entries(TELEMETRY_ATTRIBUTES).map(([name, { type }]) => [
    name,
    { type, name: encodedName(name) },
  ]),
);

/** The first field of a KeyValue: its name. */
function encodedName(name: string): Buffer {
  const writer = new ProtobufWriter();
  writer.byte(0x0a);
  writer.text(name);
  return writer.finish();
}

function writeAttributes(writer: ProtobufWriter, span: SpanRecord): void {
  for (const group of span.attributes) {
    for (const name in group) {
      const value = group[name as keyof typeof group];
      const known = KNOWN.get(name);
      if (value === null || value === undefined || known === undefined) continue;
      writeKeyValue(writer, known.name, known.type, value);
    }
  }
  if (span.tags === null) return;
  for (const [name, value] of Object.entries(span.tags)) {
    writeText(writer, SPAN_ATTRIBUTE, encodedName(TAG_PREFIX + name), value);
  }
}

function writeKeyValue(
  writer: ProtobufWriter,
  name: Buffer,
  type: AttributeType,
  value: Exclude<AttributeValue, null>,
): void {
  if (typeof value === 'string') writeText(writer, SPAN_ATTRIBUTE, name, value);
  else if (typeof value === 'boolean') {
    writeHead(writer, SPAN_ATTRIBUTE, name, 2);
    writer.byte(0x10);
    writer.byte(value ? 1 : 0);
  } else if (typeof value !== 'number') writeTexts(writer, name, value);
  else if (type === 'integer' && Number.isSafeInteger(value)) {
    writeInteger(writer, SPAN_ATTRIBUTE, name, value);
  } else {
    writeHead(writer, SPAN_ATTRIBUTE, name, 9);
    writer.byte(0x21);
    writer.double(value);
  }
}

/** Tag and length of a KeyValue, its name, and tag and length of its value. */
function writeHead(writer: ProtobufWriter, tag: number, name: Buffer, valueSize: number): void {
  writer.byte(tag);
  writer.varint(name.length + 1 + varintSize(valueSize) + valueSize);
  writer.raw(name);
  writer.byte(0x12);
  writer.varint(valueSize);
}

function writeText(writer: ProtobufWriter, tag: number, name: Buffer, value: string): void {
  const size = Buffer.byteLength(value);
  writeHead(writer, tag, name, 1 + varintSize(size) + size);
  writer.byte(0x0a);
  writer.sizedText(value, size);
}

function writeInteger(writer: ProtobufWriter, tag: number, name: Buffer, value: number): void {
  writeHead(writer, tag, name, 1 + varintSize(value));
  writer.byte(0x18);
  writer.varint(value);
}

function writeTexts(writer: ProtobufWriter, name: Buffer, values: readonly string[]): void {
  writer.byte(SPAN_ATTRIBUTE);
  const start = writer.begin();
  writer.raw(name);
  writer.byte(0x12);
  const value = writer.begin();
  writer.byte(0x2a);
  const list = writer.begin();
  for (const text of values) {
    writer.byte(0x0a);
    const item = writer.begin();
    writer.byte(0x0a);
    writer.text(text);
    writer.end(item);
  }
  writer.end(list);
  writer.end(value);
  writer.end(start);
}
