import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AdminServer, createAdminServer } from '../../../src/api/admin-server.ts';
import { decisionRoutes } from '../../../src/api/routes/decisions.ts';
import { noticeRoutes } from '../../../src/api/routes/notices.ts';
import { pageRoutes } from '../../../src/api/routes/pages.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import { project } from '../../../src/core/projection.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import { alertBacktest } from '../../../src/wiring/alert-backtest.ts';
import { ALERT_RULES } from '../../../src/wiring/alert-rules.ts';
import { webPagesOf } from '../../../src/wiring/web-pages-of.ts';
import { processOn } from '../../support/timeline/process-on.ts';
import { addUsage } from '../../support/timeline/world.ts';

const NOW = Date.UTC(2026, 2, 20, 12) * 1_000;
const BACKTEST_CONFIG = { timezone: 'UTC', endpoints: [], alerts: DEFAULT_ALERT_SETTINGS };
const KEY = 'budget.crossed/2026-03/500/crossed';
const LOG = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let ledger: Ledger;
let server: AdminServer;
let url: string;
let down = false;

const channel: Channel = {
  name: 'email',
  send: async () =>
    down ? { ok: false, retryable: false, error: 'refused', retryAfterUs: null } : { ok: true },
};
const notAsked = async () => {
  throw new Error('no page of this test shows the status');
};
const clock = { now: () => NOW, monotonic: () => NOW };

beforeEach(async () => {
  down = false;
  ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
  await addUsage(ledger, NOW - 86_400_000_000, { usd: 510 });
  const { engine, delivery } = processOn(ledger, {
    ...{ holder: 'one', now: clock.now, channels: [channel] },
    rules: ALERT_RULES.filter(({ id }) => id === 'budget.crossed'),
  });
  await engine.evaluate(NOW);
  await delivery.deliverDue();
  server = createAdminServer({
    access: { token: null, telemetryToken: null, hosts: [] },
    ...{ listen: { host: '127.0.0.1', port: 0 }, version: '1.2.3', log: LOG },
    bodyLimitBytes: 10_000,
    routes: [
      ...noticeRoutes({ ledger, clock, rules: ALERT_RULES.map(({ id }) => id) }),
      ...pageRoutes(webPagesOf({ ledger, clock, zone: 'Europe/Berlin', status: notAsked })),
      ...decisionRoutes({
        ...{ alerts: engine, clock, zone: 'UTC', channels: [channel] },
        evaluateAsOf: async () => ({ verdicts: [], notices: [] }),
        backtest: (span) => alertBacktest({ ledger, config: BACKTEST_CONFIG }, span),
        project: async (requests) =>
          project(requests ?? 1, null, DEFAULT_ALERT_SETTINGS.decision.projection),
        link: () => 'http://127.0.0.1/notices',
      }),
    ],
  });
  const { host, port } = await server.listen();
  url = `http://${host}:${port}`;
});
afterEach(async () => {
  await server.close();
  await ledger.close();
});

const get = async (path: string) => {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, json: await response.json() };
};
const post = async (path: string, body: unknown, type = 'application/json') => {
  const headers = { 'content-type': type };
  const response = await fetch(`${url}${path}`, {
    ...{ method: 'POST', headers, body: JSON.stringify(body) },
  });
  return { status: response.status, json: await response.json() };
};

describe('notices', () => {
  test('are listed as the command line lists them', async () => {
    const { json } = await get('/api/v1/notices');
    const deliveries = [{ channel: 'email', status: 'delivered', attempts: 1, lastError: null }];
    expect(json).toMatchObject({
      notices: [
        { key: KEY, rule: 'budget.crossed', period: '2026-03', subject: '500', deliveries },
      ],
    });
  });

  test('one is found by its key, with the whole verdict', async () => {
    const { json } = await get(`/api/v1/notices/${encodeURIComponent(KEY)}`);
    expect(json).toMatchObject({ key: KEY, verdict: { state: 'met', value: 510e9 } });
    expect((await get('/api/v1/notices/none')).status).toBe(404);
  });

  test('one is marked as seen, by somebody', async () => {
    const path = `/api/v1/notices/${encodeURIComponent(KEY)}/acknowledge`;
    expect(await post(path, { by: 'ops' })).toMatchObject({
      ...{ status: 200, json: { key: KEY, acknowledgedBy: 'ops' } },
    });
    expect((await get('/api/v1/notices')).json).toMatchObject({
      notices: [{ acknowledgedAt: '2026-03-20T12:00:00.000000Z' }],
    });
    expect((await post(path, {})).status).toBe(400);
    const unknown = '/api/v1/notices/none/acknowledge';
    expect(await post(unknown, { by: 'ops' })).toMatchObject({ status: 404 });
  });

  test('what was given up is tried again', async () => {
    expect(await post('/api/v1/notices/retry', {})).toMatchObject({ json: { deliveries: 0 } });
  });
});

describe('silences', () => {
  const wanted = { rule: 'budget.*', for: '2h', reason: 'load test', by: 'ops' };

  test('begin, hold and end', async () => {
    const made = await post('/api/v1/silences', wanted);
    expect(made).toMatchObject({ status: 201, json: { until: '2026-03-20T14:00:00.000000Z' } });
    expect(await get('/api/v1/silences')).toMatchObject({
      json: { silences: [{ reason: 'load test' }] },
    });
    expect(await post('/api/v1/silences/end', { rule: 'budget.*' })).toMatchObject({
      json: { ended: 1 },
    });
    expect((await get('/api/v1/silences')).json).toEqual({ silences: [] });
  });

  test.each([
    [{ ...wanted, rule: 'budgets' }, 400, /no rule; there are budget\.crossed/],
    [{ ...wanted, for: 'a while' }, 400, /300s, 5m/],
    [{ ...wanted, until: 'never' }, 400, /until/],
  ])('what makes no sense is refused with a remedy', async (body, status, detail) => {
    const refused = await post('/api/v1/silences', body);
    expect(refused).toMatchObject({ status, json: { detail: expect.stringMatching(detail) } });
  });
});

test('a page of another site cannot post: JSON must say that it is', async () => {
  const refused = await post('/api/v1/silences/end', { rule: 'budget.*' }, 'text/plain');
  expect(refused).toMatchObject({ status: 415, json: { detail: expect.stringContaining('json') } });
});

test('pages show what a notice says, for people', async () => {
  const list = await (await fetch(`${url}/notices`)).text();
  expect(list).toContain(`href="/notices/${encodeURIComponent(KEY)}"`);
  const one = await fetch(`${url}/notices/${encodeURIComponent(KEY)}`);
  expect(one.headers.get('content-type')).toContain('text/html');
  const html = await one.text();
  for (const text of ['$510.00', 'budget.crossed', 'Next step', 'delivered', 'alerts ack']) {
    expect(html).toContain(text);
  }
  expect((await fetch(`${url}/notices/none`)).status).toBe(404);
});

describe('decisions', () => {
  test('every rule as of now, nothing kept', async () => {
    const { json } = await get('/api/v1/evaluation');
    const states = [{ state: 'met' }, { state: 'not_met' }, { state: 'not_met' }];
    expect(json).toMatchObject({ verdicts: states, notices: [] });
    expect((await get('/api/v1/evaluation?at=2027-01-01T00:00:00Z')).status).toBe(400);
    const past = await get('/api/v1/evaluation?at=2026-01-01T00:00:00Z');
    expect(past.json).toMatchObject({ verdicts: [], notices: [] });
  });

  test('what would have been told in a past period', async () => {
    const { json } = await get('/api/v1/backtest?from=2026-03-15');
    const crossed = { at: expect.stringMatching(/^2026-03-19T/), rule: 'budget.crossed' };
    expect(json).toMatchObject({
      notices: expect.arrayContaining([expect.objectContaining({ ...crossed, subject: '500' })]),
      forecast: [],
    });
    const refused = async (query: string) => (await get(`/api/v1/backtest?${query}`)).json;
    expect(await refused('from=2026-03-22')).toMatchObject({ status: 400 });
    expect(await refused('from=2026-03-15&to=2027-01-01')).toMatchObject({ status: 400 });
    expect(await refused('from=2025-03-15')).toMatchObject({
      detail: expect.stringContaining('at most 100 days'),
    });
  });

  test("the report's projection", async () => {
    const { json } = await get('/api/v1/projection?requests=100000');
    expect(json).toMatchObject({
      linearBreakEvenRequests: 57_873,
      rows: [{ modalLinearUsd: '650.000000000', multiCloudUsd: '540.000000000' }, {}, {}, {}],
    });
  });

  test('a channel is tried on order', async () => {
    const path = '/api/v1/channels/email/test';
    expect(await post(path, {})).toMatchObject({ status: 200, json: { ok: true } });
    down = true;
    expect(await post(path, {})).toMatchObject({ status: 502, json: { error: 'refused' } });
    const other = await post('/api/v1/channels/slack/test', {});
    expect(other).toMatchObject({
      status: 404,
      json: { detail: expect.stringMatching(/configured: email/) },
    });
  });
});

test('the description of the API has every route and what it takes', async () => {
  const { json } = await get('/api/v1/openapi.json');
  const content = { 'application/json': { schema: { required: ['by'] } } };
  expect(json).toMatchObject({
    paths: {
      '/api/v1/notices/{key}/acknowledge': { post: { requestBody: { content } } },
      ...{ '/api/v1/silences': { get: {}, post: {} }, '/api/v1/evaluation': { get: {} } },
      '/api/v1/projection': { get: {} },
    },
  });
});
