import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientSpanIdOf, serverSpanIdOf } from '../../../src/core/ids.ts';
import { costSettledSpan } from '../../../src/export/spans/cost-span.ts';
import { requestSpans } from '../../../src/export/spans/request-spans.ts';
import type { SpanAttributes, SpanRecord } from '../../../src/export/spans/span-record.ts';
import {
  SAMPLE_ENDPOINT,
  sampleLedgerRequest,
} from '../../support/export/sample-ledger-request.ts';

const attributesOf = (span: SpanRecord | undefined): SpanAttributes =>
  Object.assign({}, ...(span?.attributes ?? []));
const named = (spans: readonly SpanRecord[], name: string) =>
  spans.find((span) => span.name === name);

describe('the spans of a request', () => {
  const request = sampleLedgerRequest();

  test('are a SERVER span for the request and a CLIENT span below it for the upstream call', () => {
    const [server, client, ...rest] = requestSpans(request, null);
    expect(rest).toEqual([]);
    expect(server).toMatchObject({
      traceId: request.traceId,
      spanId: serverSpanIdOf(request.id),
      parentSpanId: null,
      kind: 'server',
      startedAt: request.startedAt,
      endedAt: request.startedAt + request.durationUs,
    });
    expect(client).toMatchObject({
      traceId: request.traceId,
      spanId: clientSpanIdOf(request.id),
      parentSpanId: serverSpanIdOf(request.id),
      kind: 'client',
      startedAt: request.startedAt + 340,
      endedAt: request.startedAt + request.durationUs - 150,
    });
  });

  test('hang below the caller’s span when it sent one', () => {
    const traced = sampleLedgerRequest({
      traceId: 'a'.repeat(32),
      parentSpanId: 'b'.repeat(16),
    });
    expect(requestSpans(traced, null)[0]).toMatchObject({
      traceId: 'a'.repeat(32),
      parentSpanId: 'b'.repeat(16),
      remoteParent: true,
    });
  });

  test('are the same, made twice', () => {
    expect(requestSpans(request, SAMPLE_ENDPOINT)).toEqual(requestSpans(request, SAMPLE_ENDPOINT));
  });

  test('have no CLIENT span when nothing went upstream', () => {
    const refused = sampleLedgerRequest({ sentUs: null, outcome: 'rejected', status: 429 });
    expect(requestSpans(refused, null).map((span) => span.kind)).toEqual(['server']);
  });

  test('show queue and cold start where they were measured', () => {
    const cold = sampleLedgerRequest({
      coldStart: true,
      queueUs: 900_000,
      readyDelayUs: 700_000,
      containerAgeUs: 800_000,
    });
    const spans = requestSpans(cold, null);
    const sent = cold.startedAt + 340;
    expect(named(spans, 'modal queue')).toMatchObject({
      kind: 'internal',
      startedAt: sent,
      endedAt: sent + 900_000,
    });
    expect(named(spans, 'modal cold start')).toMatchObject({
      startedAt: sent + 100_000,
      endedAt: sent + 800_000,
    });
  });

  test('leave out a cold start whose place is not known', () => {
    const cold = sampleLedgerRequest({ coldStart: true, readyDelayUs: 700_000 });
    expect(named(requestSpans(cold, null), 'modal cold start')).toBeUndefined();
    expect(attributesOf(requestSpans(cold, null)[0])['modal.container.ready_delay_ms']).toBe(700);
  });

  test('carry GenAI, OpenInference, Modal and cost in the one SERVER span', () => {
    expect(attributesOf(requestSpans(request, SAMPLE_ENDPOINT)[0])).toMatchObject({
      'proxy.request': true,
      'request.id': request.id,
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'modal',
      'gen_ai.usage.input_tokens': 210,
      'gen_ai.response.finish_reasons': ['stop'],
      'openinference.span.kind': 'LLM',
      'llm.token_count.total': 590,
      'modal.gpu.type': 'A100-80GB',
      'modal.gpu.count': 2,
      'modal.app': 'inference',
      'cost.state': 'provisional',
      'cost.total_usd': (request.totalNano ?? 0) / 1e9,
    });
  });

  test('count tokens and cost on one span only', () => {
    const [, ...inner] = requestSpans(request, SAMPLE_ENDPOINT);
    for (const span of inner) {
      const names = Object.keys(attributesOf(span));
      expect(names.filter((name) => /^(cost|llm|gen_ai)\.|^proxy\.request$/.test(name))).toEqual(
        [],
      );
    }
  });

  test('say nothing of models for a health check', () => {
    const health = sampleLedgerRequest({
      path: '/health',
      method: 'GET',
      model: null,
      tokensOut: null,
    });
    const [server] = requestSpans(health, null);
    expect(server?.name).toBe('GET generate');
    expect(Object.keys(attributesOf(server)).some((name) => name.startsWith('gen_ai.'))).toBe(
      false,
    );
  });

  test.each([
    ['ok', 200, null, 'unset'],
    ['client_abort', 200, 'client_abort', 'unset'],
    ['app_error', 200, 'app_error', 'error'],
    ['upstream_error', 404, 'modal_invalid_function_call', 'unset'],
    ['upstream_error', 500, 'container_error', 'error'],
    ['connect_failed', null, 'connect_refused', 'error'],
    ['rejected', 429, 'rate_limited', 'unset'],
  ] as const)(
    'of outcome %s with status %s and class %s have status %s',
    (outcome, status, errorClass, expected) => {
      const failed = sampleLedgerRequest({ outcome, status, errorClass });
      expect(requestSpans(failed, null)[0]?.status).toBe(expected);
    },
  );

  test('of any request are within the trace, distinct and never negative in length', () => {
    const offset = fc.option(fc.integer({ min: 0, max: 400_000_000 }));
    fc.assert(
      fc.property(
        fc.record({ sentUs: offset, queueUs: offset, readyDelayUs: offset, lastByteUs: offset }),
        fc.record({ upstreamEndUs: offset, containerAgeUs: offset, durationUs: fc.nat(4e8) }),
        fc.oneof(fc.uuid(), fc.string({ minLength: 1 })),
        (some, others, id) => {
          const any = sampleLedgerRequest({ ...some, ...others, id, coldStart: true });
          const spans = requestSpans(any, null);
          const ids = spans.map((span) => span.spanId);
          expect(new Set(ids).size).toBe(ids.length);
          for (const span of spans) {
            expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
            expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
            expect(span.traceId).toBe(spans[0]?.traceId);
            expect(span.endedAt).toBeGreaterThanOrEqual(span.startedAt);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the cost.settled span', () => {
  const request = sampleLedgerRequest({ costState: 'settled', totalNano: 48_580_000 });
  const item = (position: number, totalNano: number, previousNano: number | null) =>
    costSettledSpan(
      {
        kind: 'cost',
        position,
        request,
        change: { state: 'settled', totalNano, previousNano },
      },
      null,
    );

  test('hangs below the request’s span, at the request’s time', () => {
    expect(item(1, 48_580_000, null)).toMatchObject({
      traceId: request.traceId,
      parentSpanId: serverSpanIdOf(request.id),
      name: 'cost.settled',
      startedAt: request.startedAt,
    });
  });

  test('is another span at each change, and its changes add up to the final total', () => {
    const changes = [item(1, 48_580_000, null), item(7, 50_000_000, 48_580_000)];
    expect(new Set(changes.map((span) => span.spanId)).size).toBe(2);
    const sum = changes.reduce(
      (total, span) => total + Number(attributesOf(span)['cost.final.change_usd']),
      0,
    );
    expect(sum).toBeCloseTo(0.05, 12);
    expect(attributesOf(changes[1])['cost.final.total_usd']).toBe(0.05);
  });
});
