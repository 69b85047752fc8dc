import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { IDENTITY_HEADERS } from '../../../src/core/identity-headers.ts';
import type { ProxyEndpoint, ProxySettings } from '../../../src/proxy/proxy-settings.ts';
import { startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) {
    await close();
  }
});

async function through(
  listener: RequestListener,
  endpoint: Partial<ProxyEndpoint> = {},
  settings: Partial<ProxySettings> = {},
): Promise<RunningProxy> {
  const upstream = await startHttpUpstream(listener);
  opened.push(() => upstream.close());
  const running = await startProxy([proxyEndpoint('up', upstream.url, endpoint)], settings);
  opened.push(() => running.proxy.stop());
  return running;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
  }
  return body;
}

const echo = async (request: IncomingMessage, response: ServerResponse) => {
  const body = await bodyOf(request);
  response.end(JSON.stringify({ body, headers: request.headers }));
};
interface Echo {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}
const echoed = async (response: Promise<Response>) => (await (await response).json()) as Echo;
const post = (running: RunningProxy, body: string, headers = {}) =>
  fetch(`${running.url}/up/x`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

describe('options that change what is sent', () => {
  test('credentials for Modal are added, unless the client has its own', async () => {
    const running = await through(echo, { injectModalAuth: { key: 'wk-1', secret: 'ws-1' } });
    const added = await echoed(post(running, '{}'));
    expect(added.headers).toMatchObject({ 'modal-key': 'wk-1', 'modal-secret': 'ws-1' });
    const own = { 'modal-key': 'wk-2', 'modal-secret': 'ws-2' };
    expect((await echoed(post(running, '{}', own))).headers).toMatchObject(own);
  });

  test('the body is signed as it is sent', async () => {
    const key = Buffer.from('00ff', 'hex');
    const running = await through(echo, { signBody: { key } });
    const { body, headers } = await echoed(post(running, '{ "a": 1 }', { 'x-signature': 'x' }));
    expect(body).toBe('{ "a": 1 }');
    expect(headers['x-signature']).toBe(createHmac('sha256', key).update(body).digest('base64'));
  });

  test('a stream is asked for usage, which the client does not see and the record has', async () => {
    const running = await through(
      async (request, response) => {
        const { stream_options: asked } = JSON.parse(await bodyOf(request));
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n');
        response.write(asked ? 'data: {"choices":[],"usage":{"completion_tokens":7}}\n\n' : '');
        response.end('data: [DONE]\n\n');
      },
      { includeUsage: true },
    );
    const text = await (await post(running, '{"stream":true}')).text();
    expect(text).toBe('data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n');
    expect(await running.journal.closedAt(0)).toMatchObject({ tokensOut: 7, bytesIn: 15 });
  });

  test('a held body is asked for although the upstream has not been', async () => {
    const running = await through(echo, { signBody: { key: Buffer.from('k') } });
    const socket = connect(running.port, '127.0.0.1');
    socket.write(
      'POST /up/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    );
    expect(String((await once(socket, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('ok');
    expect(String((await once(socket, 'data'))[0])).toContain('"body":"ok"');
    socket.destroy();
  });

  test('Via and Forwarded are added when asked for', async () => {
    const running = await through(echo, {}, { via: true, forwarded: true });
    const { headers } = await echoed(post(running, '{}'));
    expect(headers).toMatchObject({ via: '1.1 tripmeter', forwarded: 'for=127.0.0.1;proto=http' });
  });
});

test('a cold server that answers 503 is asked again, with the same body', async () => {
  const bodies: string[] = [];
  const running = await through(
    async (request, response) => {
      bodies.push(await bodyOf(request));
      response.writeHead(bodies.length < 3 ? 503 : 200).end('x');
    },
    { retryCold503: { attempts: 3, delayMs: 5 } },
  );
  expect((await post(running, '{"a":1}')).status).toBe(200);
  expect(bodies).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', retries: 2, legs: 1 });
});

test('nothing is repeated unless configured', async () => {
  let calls = 0;
  const running = await through((_request, response) => {
    calls += 1;
    response.writeHead(503).end();
  });
  expect((await fetch(`${running.url}/up/x`)).status).toBe(503);
  expect(calls).toBe(1);
});

test('a CORS preflight is answered here when asked for', async () => {
  let calls = 0;
  const running = await through(
    (_request, response) => {
      calls += 1;
      response.end();
    },
    { answerCors: true },
  );
  const asked = {
    origin: 'https://app.example.com',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  };
  const response = await fetch(`${running.url}/up/x`, { method: 'OPTIONS', headers: asked });
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-headers')).toBe('authorization');
  await fetch(`${running.url}/up/x`, { method: 'OPTIONS' });
  expect(calls).toBe(1);
});

describe('what is recorded', () => {
  test('of an answer in a content coding, which passes as it is', async () => {
    const json = JSON.stringify({ model: 'm', usage: { prompt_tokens: 3, completion_tokens: 4 } });
    const running = await through((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(json));
    });
    expect(await (await fetch(`${running.url}/up/x`)).text()).toBe(json);
    expect(await running.journal.closedAt(0)).toMatchObject({
      tokensIn: 3,
      tokensOut: 4,
      contentEncoding: 'gzip',
      contentType: 'application/json',
    });
  });

  test("the container's word, which the client does not see and our clock caps", async () => {
    const running = await through((_request, response) => {
      response.setHeader(IDENTITY_HEADERS.containerId, 'ta-1');
      response.setHeader(IDENTITY_HEADERS.seen, '0');
      response.setHeader(IDENTITY_HEADERS.handlerUs, '999999999999');
      response.setHeader(IDENTITY_HEADERS.ageUs, 'a lie');
      response.end('x');
    });
    const response = await fetch(`${running.url}/up/x`);
    expect([...response.headers.keys()].join()).not.toContain('container');
    const closed = await running.journal.closedAt(0);
    expect(closed).toMatchObject({ containerId: 'ta-1', coldStart: true, containerAgeUs: null });
    expect(closed.generationUs).toBeLessThanOrEqual(closed.durationUs);
  });

  test('the same digest for the same body', async () => {
    const running = await through((_request, response) => response.end('same'), {
      digestKey: Buffer.from('key'),
    });
    await fetch(`${running.url}/up/a`);
    await fetch(`${running.url}/up/b`);
    const [one, two] = [await running.journal.closedAt(0), await running.journal.closedAt(1)];
    expect(one.digest).toMatch(/^[0-9a-f]{16}$/);
    expect(two.digest).toBe(one.digest);
  });

  test('neither query values nor credentials nor bodies', async () => {
    const running = await through(
      echo,
      { poolParameters: ['model'] },
      { clientCountryHeader: 'cf-ipcountry' },
    );
    const headers = { authorization: 'hush', cookie: 'hush', 'cf-ipcountry': 'de' };
    await fetch(`${running.url}/up/x?token=hush&model=a`, {
      method: 'POST',
      body: 'hush',
      headers,
    });
    const closed = await running.journal.closedAt(0);
    expect(JSON.stringify(running.journal.entries)).not.toContain('hush');
    expect(closed).toMatchObject({ path: '/x', pool: 'model=a', clientCountry: 'DE' });
  });

  test('the trace of the caller, whose next span the upstream sees', async () => {
    const running = await through(echo);
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${trace}-b7ad6b7169203331-00`;
    const { headers } = await echoed(post(running, '{}', { traceparent }));
    expect(headers.traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`));
    expect(headers.traceparent).not.toBe(traceparent);
    expect(await running.journal.closedAt(0)).toMatchObject({
      traceId: trace,
      parentSpanId: 'b7ad6b7169203331',
    });
  });
});

test('requests that a blocked event loop lets go together are diagnosed', async () => {
  const waiting: ServerResponse[] = [];
  const running = await through((_request, response) => {
    waiting.push(response);
    if (waiting.length < 3) {
      return;
    }
    for (const [index, held] of waiting.entries()) {
      held.writeHead(index === 1 ? 200 : 408);
      held.end(index === 1 ? '{}' : 'Missing request, possibly due to expiry or cancellation');
    }
  });
  await Promise.all([1, 2, 3].map(async () => (await fetch(`${running.url}/up/x`)).text()));
  await running.journal.closedAt(2);
  const told = running.journal.closed.map(({ status, diagnosis, paid }) => [
    status,
    diagnosis,
    paid,
  ]);
  expect(told.sort()).toEqual([
    [200, null, 'yes'],
    [408, 'event_loop_blocked', 'yes'],
    [408, 'event_loop_blocked', 'yes'],
  ]);
});

test('an upstream that is down under load gets every request a 502 and a row', async () => {
  const upstream = await startHttpUpstream((_request, response) => response.end());
  await upstream.close();
  const running = await startProxy([proxyEndpoint('up', upstream.url)]);
  opened.push(() => running.proxy.stop());
  const statuses = await Promise.all(
    Array.from({ length: 300 }, async () => (await post(running, '{}')).status),
  );
  expect(new Set(statuses)).toEqual(new Set([502]));
  expect(running.journal.closed).toHaveLength(300);
  expect(running.journal.closed[0]).toMatchObject({
    outcome: 'connect_failed',
    errorClass: 'connect_refused',
    paid: 'no',
    execEstimateUs: null,
  });
});
