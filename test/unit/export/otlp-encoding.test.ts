import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AttributeName,
  TAG_PREFIX,
  TELEMETRY_ATTRIBUTES,
} from '../../../src/core/telemetry-attributes.ts';
import { encodeOtlpJson } from '../../../src/export/otlp/otlp-json.ts';
import { OtlpProtobufEncoder } from '../../../src/export/otlp/otlp-protobuf.ts';
import { requestSpans } from '../../../src/export/spans/request-spans.ts';
import type { AttributeValue, SpanRecord } from '../../../src/export/spans/span-record.ts';
import {
  SAMPLE_ENDPOINT,
  sampleLedgerRequest,
} from '../../support/export/sample-ledger-request.ts';
import { asSdkSpans } from '../../support/export/sdk-spans.ts';
import { decodeOtlp } from '../../support/fake-otlp/decode-otlp.ts';

const IDENTITY = {
  resource: { 'service.name': 'tripmeter', 'export.attempt': 1 },
  scope: { name: 'tripmeter', version: '0.1.0' },
};

const flat = (span: SpanRecord): Record<string, AttributeValue> => {
  const values = Object.entries(Object.assign({}, ...span.attributes)).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  const tags = Object.entries(span.tags ?? {}).map(([name, value]) => [TAG_PREFIX + name, value]);
  return Object.fromEntries([...values, ...tags]);
};

describe('protobuf', () => {
  test('reads back, by the official definitions, as what was written', () => {
    const request = sampleLedgerRequest({
      outcome: 'upstream_error',
      status: 500,
      errorClass: 'container_error',
      tags: { team: 'größe' },
      parentSpanId: 'b'.repeat(16),
    });
    const spans = requestSpans(request, SAMPLE_ENDPOINT);
    const read = decodeOtlp(new OtlpProtobufEncoder().encode(spans, IDENTITY));
    expect(read).toHaveLength(spans.length);
    for (const [index, span] of spans.entries()) {
      expect(read[index]).toMatchObject({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind,
        startNano: BigInt(span.startedAt) * 1_000n,
        endNano: BigInt(span.endedAt) * 1_000n,
        status: { code: span.status, message: span.statusMessage ?? '' },
        attributes: flat(span),
        resource: IDENTITY.resource,
      });
    }
  });

  test('says the same as the official serializer, but for whole floats', () => {
    const spans = requestSpans(sampleLedgerRequest({ parentSpanId: 'c'.repeat(16) }), null);
    const official = ProtobufTraceSerializer.serializeRequest(asSdkSpans(spans, IDENTITY));
    const withoutTypes = (body: Uint8Array) =>
      decodeOtlp(body).map(({ types: _types, ...rest }) => rest);
    expect(withoutTypes(new OtlpProtobufEncoder().encode(spans, IDENTITY))).toEqual(
      withoutTypes(official as Uint8Array),
    );
  });

  test('keeps a column’s type when a float happens to be whole', () => {
    const [server] = requestSpans(sampleLedgerRequest({ totalNano: 0, execNano: 2e9 }), null);
    const [read] = decodeOtlp(new OtlpProtobufEncoder().encode([server as SpanRecord], IDENTITY));
    for (const [name, type] of Object.entries(read?.types ?? {})) {
      const declared = TELEMETRY_ATTRIBUTES[name as AttributeName]?.type;
      expect([name, type]).toEqual([name, WIRE_TYPES[declared]]);
    }
    expect(read?.attributes['cost.exec_usd']).toBe(2);
  });

  test('survives any text, number and size', () => {
    const encoder = new OtlpProtobufEncoder();
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('x'.repeat(20_000), 'é'.repeat(9_000), ''),
    );
    fc.assert(
      fc.property(
        fc.record({ path: text, model: text, client: text }),
        fc.record({
          bytesIn: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
          status: fc.integer(),
          startedAt: fc.integer({ min: 0, max: 9e15 }),
        }),
        (texts, numbers) => {
          const wellFormed = Object.fromEntries(
            Object.entries(texts).map(([name, value]) => [name, value.toWellFormed()]),
          );
          const spans = requestSpans(sampleLedgerRequest({ ...wellFormed, ...numbers }), null);
          const read = decodeOtlp(encoder.encode(spans, IDENTITY));
          expect(read.map((span) => span.attributes)).toEqual(spans.map(flat));
          expect(read[0]?.startNano).toBe(BigInt(numbers.startedAt) * 1_000n);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('JSON', () => {
  test('has hexadecimal ids and 64-bit integers as strings', () => {
    const request = sampleLedgerRequest();
    const sent = JSON.parse(encodeOtlpJson(requestSpans(request, null), IDENTITY));
    const [span] = sent.resourceSpans[0].scopeSpans[0].spans;
    expect(span).toMatchObject({
      traceId: request.traceId,
      kind: 2,
      startTimeUnixNano: `${request.startedAt}000`,
    });
    expect(span.attributes).toContainEqual({
      key: 'gen_ai.usage.input_tokens',
      value: { intValue: '210' },
    });
    expect(span.attributes).toContainEqual({
      key: 'gen_ai.response.finish_reasons',
      value: { arrayValue: { values: [{ stringValue: 'stop' }] } },
    });
  });
});

const WIRE_TYPES = {
  string: 'stringValue',
  integer: 'intValue',
  float: 'doubleValue',
  boolean: 'boolValue',
  strings: 'arrayValue',
} as const;
