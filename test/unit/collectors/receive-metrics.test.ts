import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import {
  MAX_BODY_BYTES,
  receiveMetrics,
} from '../../../collectors/modal-telemetry/receive-metrics.ts';
import {
  PUSHED_AT as AT,
  PUSH_ENCODERS as encoders,
  type PushedMetrics,
  pushedMetric as push,
} from '../../support/cost/pushed-metrics.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

const running = push('modal.container.running', 'gauge', [
  { value: 1, attributes: { container_id: 'ta-1', function_name: 'generate', gpus: 2 } },
  { value: 0, attributes: { container_id: 'ta-2', app_name: 'other' } },
]);

describe.each([PROTOBUF, JSON_TYPE] as const)(
  'a push in %s, as OpenTelemetry encodes it',
  (type) => {
    const receive = (value: PushedMetrics) =>
      receiveMetrics(type, undefined, encoders[type](value));

    test('containers running: one fact a container, resource attributes below the point’s own', () => {
      const { facts, rejected, reply } = receive(running);
      expect(facts).toEqual([
        {
          kind: 'containers_running',
          at: AT * 1_000_000 + 500_000,
          since: null,
          temporality: 'gauge',
          containerId: 'ta-1',
          appId: null,
          appName: 'lift-sys-inference',
          functionId: null,
          functionName: 'generate',
          environment: 'main',
          value: 1,
          count: 1,
        },
        expect.objectContaining({ containerId: 'ta-2', appName: 'other', value: 0 }),
      ]);
      expect(rejected).toBe(0);
      expect(reply).toMatchObject({ status: 200, type });
    });

    test.each(['modal.input_events.coldstart_time_us', 'modal.input_events.cold_start_time_us'])(
      'cold starts are understood as %s',
      (name) => {
        const value = { sum: 42_000_000.4, count: 2, buckets: { boundaries: [], counts: [2] } };
        const [fact] = receive(push(name, 'histogram', [{ value }])).facts;
        expect(fact).toMatchObject({
          kind: 'cold_start_us',
          value: 42_000_000,
          count: 2,
          since: (AT - 60) * 1_000_000,
          temporality: 'delta',
        });
      },
    );

    test('sums keep their temporality', () => {
      const [fact] = receive(
        push('modal.input_events.total_inputs', 'sum', [{ value: 7 }], false),
      ).facts;
      expect(fact).toMatchObject({ kind: 'inputs_total', value: 7, temporality: 'cumulative' });
    });

    test.each([
      ['modal.input_events.elapsed_time_us', 'execution_us'],
      ['modal.input_events.input_queue_time_us', 'queue_us'],
      ['modal.input_events.successes', 'inputs_succeeded'],
      ['modal.function.pending_inputs', 'inputs_pending'],
      ['modal.function.running_inputs', 'inputs_running'],
    ])('%s is %s', (name, kind) => {
      expect(receive(push(name, 'sum', [{ value: 3 }])).facts).toMatchObject([{ kind, value: 3 }]);
    });

    test('what says nothing about containers is passed over, not rejected', () => {
      const result = receive(push('modal.gpu.compute.utilization', 'gauge', [{ value: 0.4 }]));
      expect(result).toMatchObject({ facts: [], rejected: 0, reply: { status: 200 } });
    });

    test('points without an instant or below zero are counted and reported back; the rest is used', () => {
      const result = receive(
        push('modal.container.running', 'gauge', [
          { value: 1, at: [0, 0] },
          { value: -1 },
          { value: 2 },
        ]),
      );
      expect(result.facts).toHaveLength(1);
      expect(result.rejected).toBe(2);
      expect(Buffer.from(result.reply.body).toString()).toContain('no instant, or no number');
    });
  },
);

const plain = encoders[PROTOBUF](running);

test.each([
  ['gzip', gzipSync(plain)],
  ['deflate', deflateSync(plain)],
  ['identity', plain],
  ['GZIP', gzipSync(plain)],
])('%s is unpacked', (encoding, body) => {
  expect(receiveMetrics(`${PROTOBUF}; charset=utf-8`, encoding, body).facts).toHaveLength(2);
});

test.each([
  ['text', 'text/plain', undefined, plain, 415, /send application\/x-protobuf/],
  ['no content type', undefined, undefined, plain, 415, /content type/],
  ['an unknown coding', PROTOBUF, 'br', plain, 415, /send gzip/],
  ['a body that is not gzip', PROTOBUF, 'gzip', plain, 400, /not gzip/],
  [
    'a body beyond the limit',
    PROTOBUF,
    undefined,
    new Uint8Array(MAX_BODY_BYTES + 1),
    413,
    /at most/,
  ],
  ['a gzip bomb', PROTOBUF, 'gzip', gzipSync(new Uint8Array(40 << 20)), 413, /unpacks to more/],
  ['a cut protobuf', PROTOBUF, undefined, plain.slice(0, 40), 400, /ExportMetricsServiceRequest/],
  ['broken JSON', JSON_TYPE, undefined, Buffer.from('{'), 400, /ExportMetricsServiceRequest/],
  [
    'JSON of another shape',
    JSON_TYPE,
    undefined,
    Buffer.from('{"resourceMetrics":7}'),
    400,
    /resourceMetrics/,
  ],
] as const)(
  '%s is refused with a status that a sender understands',
  (...[, type, encoding, body, status, message]) => {
    const result = receiveMetrics(type, encoding, body);
    expect(result).toMatchObject({ facts: [], rejected: 0, reply: { status } });
    expect(statusOf(result.reply)).toMatchObject({
      code: 3,
      message: expect.stringMatching(message),
    });
  },
);

test('an empty distribution is a fact of zero, not a fault', () => {
  const value = { sum: undefined, count: 0, buckets: { boundaries: [], counts: [0] } };
  const body = encoders[PROTOBUF](
    push('modal.input_events.coldstart_time_us', 'histogram', [{ value }]),
  );
  const { facts, rejected } = receiveMetrics(PROTOBUF, undefined, body);
  expect([facts[0]?.value, facts[0]?.count, rejected]).toEqual([0, 0, 0]);
});

test('no bytes whatever make it throw', () => {
  const types = fc.constantFrom(PROTOBUF, JSON_TYPE);
  const codings = fc.constantFrom(undefined, 'gzip', 'deflate');
  fc.assert(
    fc.property(types, codings, fc.uint8Array({ maxLength: 300 }), (type, coding, body) => {
      expect(receiveMetrics(type, coding, body).reply.status).toBeGreaterThanOrEqual(200);
    }),
    { numRuns: 500 },
  );
});

const statusType = protobuf
  .parse('syntax = "proto3"; message Status { int32 code = 1; string message = 2; }')
  .root.lookupType('Status');

/** OTLP's failure message, in the encoding that the reply says it has. */
function statusOf({ type, body }: { readonly type: string; readonly body: Uint8Array }): unknown {
  return type === PROTOBUF
    ? statusType.toObject(statusType.decode(body))
    : JSON.parse(Buffer.from(body).toString());
}
