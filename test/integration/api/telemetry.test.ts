import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_BODY_BYTES } from '../../../collectors/modal-telemetry/receive-metrics.ts';
import { type AdminServer, createAdminServer } from '../../../src/api/admin-server.ts';
import { telemetryRoutes } from '../../../src/api/routes/telemetry.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { storeContainerFacts } from '../../../src/ledger/queries/telemetry.ts';
import { PUSH_ENCODERS, pushedMetric } from '../../support/cost/pushed-metrics.ts';
import { memoryLog } from '../../support/export/memory-log.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

const seen = pushedMetric('modal.container.running', 'gauge', [
  { value: 1, attributes: { container_id: 'ta-1' } },
]);
const inputs = pushedMetric('modal.input_events.total_inputs', 'sum', [
  { value: 7, attributes: { container_id: 'ta-1' } },
]);

let ledger: Ledger;
let server: AdminServer;
let url: string;
let log: ReturnType<typeof memoryLog>;

beforeEach(async () => {
  ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
  log = memoryLog();
  server = createAdminServer({
    access: { token: null, telemetryToken: null, hosts: [] },
    ...{ listen: { host: '127.0.0.1', port: 0 }, version: '1.2.3', log },
    bodyLimitBytes: MAX_BODY_BYTES,
    routes: telemetryRoutes(
      (facts) => ledger.db.transaction().execute((trx) => storeContainerFacts(trx, facts)),
      log,
    ),
  });
  const { host, port } = await server.listen();
  url = `http://${host}:${port}/v1/metrics`;
});

afterEach(async () => {
  await server.close();
  await ledger.close();
});

const post = (type: string, body: Uint8Array, encoding: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': type, ...encoding },
    body: Buffer.from(body),
  });
const containers = () =>
  ledger.db.selectFrom('telemetry_containers').select(['samples', 'inputs']).execute();

const GZIP = { 'content-encoding': 'gzip' };

describe('metrics pushed over HTTP', () => {
  test.each([
    ['protobuf', PROTOBUF, false],
    ['protobuf in gzip', PROTOBUF, true],
    ['JSON', JSON_TYPE, false],
    ['JSON in gzip', JSON_TYPE, true],
  ] as const)('are stored once from %s, however often they come', async (_, type, packed) => {
    for (const push of [seen, inputs, seen, inputs]) {
      const bytes = PUSH_ENCODERS[type](push);
      const response = await (packed ? post(type, gzipSync(bytes), GZIP) : post(type, bytes));
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(type);
    }
    expect(await containers()).toEqual([{ samples: 1, inputs: 7 }]);
  });

  const good = PUSH_ENCODERS[PROTOBUF](seen);
  const refusals: [string, number, RegExp, () => ReturnType<typeof post>][] = [
    ['a cut protobuf', 400, /ExportMetricsServiceRequest/, () => post(PROTOBUF, good.slice(0, 20))],
    ['broken JSON', 400, /ExportMetricsServiceRequest/, () => post(JSON_TYPE, Buffer.from('{'))],
    [
      'JSON of another shape',
      400,
      /resourceMetrics/,
      () => post(JSON_TYPE, Buffer.from('{"resourceMetrics":7}')),
    ],
    ['bytes that are no gzip', 400, /not gzip/, () => post(PROTOBUF, good, GZIP)],
    [
      'another coding',
      415,
      /send gzip/,
      () => post(PROTOBUF, good, { 'content-encoding': 'zstd' }),
    ],
    ['another type', 415, /send application\/x-protobuf/, () => post('text/plain', good)],
    ['a large body', 413, /too large/i, () => post(PROTOBUF, new Uint8Array(MAX_BODY_BYTES + 1))],
    [
      'a small body that unpacks to a large one',
      413,
      /unpacks to more/,
      () => post(PROTOBUF, gzipSync(new Uint8Array(40 << 20)), GZIP),
    ],
  ];

  test.each(refusals)('%s is refused for good, ledger or not', async (_, status, message, send) => {
    const refused = await send();
    expect(refused.status).toBe(status);
    expect(await refused.text()).toMatch(message);
    await ledger.close();
    expect((await send()).status).toBe(status);
    ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
    expect(log.lines).toEqual([]);
  });

  test('are asked for again while the ledger is away, and then counted once', async () => {
    const bytes = PUSH_ENCODERS[PROTOBUF](inputs);
    await ledger.close();
    const away = await post(PROTOBUF, bytes);
    expect(away.status).toBe(503);
    expect(await away.text()).toContain('send it again');
    expect(log.lines).toMatchObject([{ message: "Modal's metrics could not be stored" }]);
    ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
    expect((await post(PROTOBUF, bytes)).status).toBe(200);
    expect((await post(PROTOBUF, bytes)).status).toBe(200);
    expect(await containers()).toEqual([{ samples: 0, inputs: 7 }]);
  });

  test('that say nothing of containers do not need the ledger', async () => {
    await ledger.close();
    const push = pushedMetric('modal.gpu.compute.utilization', 'gauge', [{ value: 0.4 }]);
    expect((await post(JSON_TYPE, PUSH_ENCODERS[JSON_TYPE](push))).status).toBe(200);
    ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
  });

  test('with points that make no sense are used in part, and the sender is told how many', async () => {
    const push = pushedMetric('modal.container.running', 'gauge', [
      { value: -1, attributes: { container_id: 'ta-1' } },
      { value: 1, attributes: { container_id: 'ta-2' } },
    ]);
    const response = await post(JSON_TYPE, PUSH_ENCODERS[JSON_TYPE](push));
    expect(await response.json()).toMatchObject({ partialSuccess: { rejectedDataPoints: '1' } });
    expect(await containers()).toHaveLength(1);
  });
});
