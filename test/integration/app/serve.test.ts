import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';
import { freePort } from '../../support/chaos/free-port.ts';

let upstream: Server;
let served: ServedProcess;

beforeEach(async () => {
  upstream = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end('{"model":"m","usage":{"prompt_tokens":3,"completion_tokens":5}}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  served = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: { chat: { upstream: `http://127.0.0.1:${port}`, gpu: 'A100-80GB', maxInputs: 4 } },
  });
});
afterEach(async () => {
  await served.close();
  upstream.close();
});

async function json<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

/** Asks until the office has taken `count` requests in. */
async function recorded(adminUrl: string, count: number): Promise<Record<string, unknown>[]> {
  for (;;) {
    const page = await json<{ requests: Record<string, unknown>[] }>(
      `${adminUrl}/api/v1/requests?state=closed`,
    );
    if (page.requests.length >= count) return page.requests;
  }
}

describe('serve', () => {
  test('meters a request through to the API, the command line and the metrics', async () => {
    const { proxyUrl, adminUrl } = await served.serve();
    const response = await fetch(`${proxyUrl}/chat/v1/chat/completions?secret=1`, {
      method: 'POST',
      body: '{"messages":[]}',
      headers: { 'x-tripmeter-operation': 'plan' },
    });
    expect(response.status).toBe(200);
    const id = response.headers.get('x-tripmeter-request-id');
    const [request] = await recorded(adminUrl, 1);
    expect(request).toMatchObject({
      ...{ id, endpoint: 'chat', operation: 'plan', outcome: 'ok', status: 200, model: 'm' },
      ...{ path: '/v1/chat/completions', tokensIn: 3, tokensOut: 5, costState: 'provisional' },
    });
    expect(JSON.stringify(request)).not.toContain('secret');
    const printed = await served.run('requests', '--json');
    expect(JSON.parse(printed.stdout)).toEqual(request);
    const status = await served.run('status', '--json');
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      decision: { recommendation: 'stay', maturityLevel: 1 },
    });
    const spend = await json<Record<string, unknown>>(`${adminUrl}/api/v1/spend?by=operation`);
    expect(spend).toMatchObject({
      ...{ by: 'operation', unpriced: 0, usd: expect.stringMatching(/^\d+\.\d{9}$/) },
      lines: {
        busyUsd: expect.any(String),
        coldUsd: expect.any(String),
        idleUsd: expect.any(String),
      },
    });
    expect((await fetch(`${adminUrl}/api/v1/spend?month=soon`)).status).toBe(400);
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/tripmeter_month_cost_usd\{line="idle"\} \d/);
    expect(metrics).toMatch(/tripmeter_requests_total\{endpoint="chat",outcome="ok"\} \d/);
    expect(await json(`${adminUrl}/healthz`)).toEqual({ status: 'ok', problems: [] });
    expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
  });

  test('tells its status alike over HTTP and on the command line, under the names that scripts know', async () => {
    const port = await freePort();
    const open = new ServedProcess({
      listen: '127.0.0.1:0',
      admin: { listen: `127.0.0.1:${port}` },
      endpoints: { chat: { upstream: 'http://127.0.0.1:9', gpu: 'none' } },
    });
    const { adminUrl } = await open.serve();
    const { stdout } = await open.run('status', '--json');
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({
      spend: {
        ...{
          month: expect.any(String),
          usd: expect.any(String),
          provisionalUsd: expect.any(String),
        },
        ...{ forecastUsd: null, forecastLow: null, forecastHigh: null },
      },
      emergencies: expect.any(Array),
      decision: { recommendation: 'stay', goNoGo: expect.any(Array), maturityLevel: 1 },
      export: [],
      journal: { segments: expect.any(Number), rowsPending: expect.any(Number) },
      health: { status: 'ok' },
    });
    for (const each of [...told.alerts, ...told.triggers]) {
      expect(Object.keys(each)).toEqual(
        expect.arrayContaining('id state value threshold unit since reason evidence'.split(' ')),
      );
    }
    const live = await json<Record<string, unknown>>(`${adminUrl}/api/v1/status`);
    expect(Object.keys(live)).toEqual(Object.keys(told));
    await open.close();
  });

  test('describes its API, refuses what it does not know and says what it answers', async () => {
    const { proxyUrl, adminUrl } = await served.serve();
    const document = await json<{ paths: object }>(`${adminUrl}/api/v1/openapi.json`);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/api/v1/requests', '/api/v1/status', '/healthz', '/metrics']),
    );
    const bad = await fetch(`${adminUrl}/api/v1/requests?limt=5`);
    expect(bad.status).toBe(400);
    expect(await bad.text()).toContain('limt');
    expect(await json(`${adminUrl}/api/v1/requests?limit=many`)).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'limit: write a number',
    });
    const lost = await fetch(`${adminUrl}/api/v1/requests?cursor=x`);
    expect(lost.status).toBe(400);
    expect(await lost.text()).toContain('cursor');
    expect((await fetch(`${adminUrl}/nothing`)).status).toBe(404);
    const unknown = await fetch(`${proxyUrl}/nobody/here`);
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toContain('chat');
  });

  test('records what was answered although SIGTERM came right after, and starts where it ended', async () => {
    const first = await served.serve();
    for (let count = 0; count < 20; count += 1)
      await (await fetch(`${first.proxyUrl}/chat/`)).text();
    expect(await served.end('SIGTERM')).toBe(0);
    served.stdout = '';
    const second = await served.serve();
    expect(await recorded(second.adminUrl, 20)).toHaveLength(20);
    expect((await served.run('verify')).code).toBe(0);
  });

  test('a second serve on the same ports is told which one is taken, and what to do', async () => {
    const { proxyUrl, adminUrl } = await served.serve();
    const port = (url: string) => new URL(url).port;
    const other = await served.run(...['serve', '--role', 'proxy', '--log-level', 'silent']);
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/another process|in use/);
    const taken = new ServedProcess({
      listen: `127.0.0.1:${port(proxyUrl)}`,
      admin: { listen: '127.0.0.1:0' },
      endpoints: { chat: { upstream: 'http://127.0.0.1:9', gpu: 'none' } },
    });
    const refused = await taken.run('serve');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`${port(proxyUrl)} is in use`);
    expect(refused.stderr).toContain('tripmeter.yaml');
    expect(port(adminUrl)).not.toBe('0');
    await taken.close();
  });

  test('bad configuration and bad flags exit 2 and name every problem', async () => {
    const wrong = new ServedProcess({
      endpoints: { chat: { upstrem: 'https://x.modal.run', gpu: 'A100-80GB', maxInputs: 0 } },
    });
    const { code, stderr } = await wrong.run('serve');
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean upstream?');
    expect(stderr).toContain('maxInputs');
    expect(stderr).toMatch(/tripmeter\.yaml:\d+:\d+/);
    expect((await wrong.run('serve', '--rol', 'all')).code).toBe(2);
    // A flag that would change nothing is refused, not passed over.
    const idle = await served.run('serve', '--admin-listen', '127.0.0.1:1');
    expect(idle.code).toBe(2);
    expect(idle.stderr).toContain('`admin.listen`');
    await wrong.close();
  });

  test('a proxy that stands open to the network says so, unless it asks for keys', async () => {
    const open = (clients: object) =>
      new ServedProcess({
        listen: '0.0.0.0:0',
        admin: { listen: '127.0.0.1:0' },
        endpoints: { chat: { upstream: 'http://127.0.0.1:9', gpu: 'none' } },
        clients,
      });
    const warned = open({});
    await warned.serve('--role', 'proxy');
    expect(warned.stderr).toContain('asks for no client key');
    await warned.close();
    const keyed = open({ app: { key: { env: 'PATH' } } });
    await keyed.serve('--role', 'proxy');
    expect(keyed.stderr).toBe('');
    await keyed.close();
  });

  test.each(['all', 'proxy', 'office'])(
    'a GPU that has no price is told at start with what may have been meant (%s)',
    async (role) => {
      const typo = new ServedProcess({
        listen: '127.0.0.1:0',
        admin: { listen: '127.0.0.1:0' },
        endpoints: {
          chat: { upstream: 'http://127.0.0.1:9', gpu: 'A100-80G' },
          own: { upstream: 'http://127.0.0.1:9', gpu: 'H100' },
        },
      });
      await typo.serve('--role', role);
      expect(typo.stderr).toContain(
        'price of chat (A100-80G): not in the price book (did you mean A100-80GB?)',
      );
      expect(typo.stderr).not.toContain('price of own');
      expect((await typo.run('check')).stdout).toContain('(did you mean A100-80GB?)');
      await typo.close();
    },
  );

  test('a secret that is not there keeps it from starting: exit 2, and each is named by its key', async () => {
    const wrong = new ServedProcess({
      endpoints: { chat: { upstream: 'http://127.0.0.1:9', gpu: 'none' } },
      clients: { app: { key: { env: 'TRIPMETER_TEST_ABSENT' } } },
      channels: { slack: { webhook: { file: './absent' } } },
      journals: ['./other/journal'],
    });
    const { code, stdout, stderr } = await wrong.run('serve');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('journals: with --role all');
    expect(stderr).toContain('clients.app.key: the environment variable TRIPMETER_TEST_ABSENT');
    expect(stderr).toContain('channels.slack.webhook: the secret file ./absent cannot be read');
    await wrong.close();
  });

  test('check tries everything without sending the upstream a byte of HTTP', async () => {
    let requests = 0;
    upstream.on('request', () => {
      requests += 1;
    });
    const { code, stdout } = await served.run('check');
    expect(stdout).toMatch(/^ok {4}upstream of chat /m);
    expect(stdout).toContain('durability: process');
    expect(code).toBe(0);
    expect(requests).toBe(0);
  });

  test('init writes a file that check can read, and never replaces one unasked', async () => {
    expect((await served.run('init')).code).toBe(1);
    const { code } = await served.run('init', '--force', '--upstream', 'http://127.0.0.1:9');
    expect(code).toBe(0);
    const checked = await served.run('check', '--json');
    expect(checked.stderr).toBe('');
    expect(JSON.parse(checked.stdout)).toMatchObject({
      ok: false,
      file: served.file,
      config: { listen: '127.0.0.1:8787' },
      findings: expect.arrayContaining([
        {
          what: expect.stringContaining('http://127.0.0.1:9'),
          problem: expect.stringMatching(/^nothing listens there; check endpoints\.\w+\.upstream$/),
        },
      ]),
    });
  });
});
