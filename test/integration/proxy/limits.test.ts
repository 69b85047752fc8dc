import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ProxyEndpoint, ProxySettings } from '../../../src/proxy/proxy-settings.ts';
import { DEFAULT_LIMITS } from '../../../src/proxy/proxy-settings.ts';
import { startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) {
    await close();
  }
});

/** An upstream that holds every answer until it is released. */
async function held(endpoint: Partial<ProxyEndpoint> = {}, settings: Partial<ProxySettings> = {}) {
  const waiting: ServerResponse[] = [];
  const arrivals: (() => void)[] = [];
  const seen: string[] = [];
  const upstream = await startHttpUpstream((request, response) => {
    seen.push(request.rawHeaders.join('\n'));
    request.resume();
    waiting.push(response);
    arrivals.shift()?.();
  });
  opened.push(() => upstream.close());
  const options = { drainSeconds: 0, ...settings };
  const running = await startProxy([proxyEndpoint('up', upstream.url, endpoint)], options);
  opened.push(() => running.proxy.stop());
  return {
    running,
    seen,
    arrived: () => new Promise<void>((resolve) => arrivals.push(resolve)),
    release: () => waiting.shift()?.end('done'),
  };
}

const keySha256 = createHash('sha256').update('secret').digest('hex');
const app = { name: 'app', keySha256, requestsPerMinute: null, concurrency: 1 };
const call = (running: RunningProxy, headers = {}) => fetch(`${running.url}/up/x`, { headers });

test('with all connections in use requests queue, and beyond the queue they are refused', async () => {
  const { running, arrived, release } = await held({ connections: 1, queueLimit: 1 });
  const first = arrived();
  const one = call(running);
  await first;
  const two = call(running);
  await running.journal.entry(() => running.journal.entries.length === 2);
  expect(running.proxy.stats().endpoints[0]?.queued).toBe(1);
  const three = await call(running);
  expect(three.status).toBe(503);
  expect(three.headers.get('retry-after')).toBe('1');
  expect(await three.json()).toMatchObject({ source: 'tripmeter', errorClass: 'queue_full' });
  const second = arrived();
  release();
  expect(await (await one).text()).toBe('done');
  await second;
  release();
  expect(await (await two).text()).toBe('done');
  const outcomes = (
    await Promise.all([0, 1, 2].map((index) => running.journal.closedAt(index)))
  ).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(['rejected', 'ok', 'ok']);
  expect(running.proxy.stats().endpoints[0]?.requests).toMatchObject({ ok: 2, rejected: 1 });
});

test('a client key is asked for, is taken off, and its limits hold', async () => {
  const { running, arrived, release, seen } = await held({}, { clients: [app], requireKey: true });
  const refused = await call(running);
  expect(refused.status).toBe(401);
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  const first = arrived();
  const one = call(running, { authorization: 'Bearer secret', 'x-tripmeter-client': 'other' });
  await first;
  expect(seen[0]).not.toMatch(/secret|tripmeter/i);
  expect((await call(running, { 'x-tripmeter-key': 'secret' })).status).toBe(429);
  release();
  await (await one).text();
  const last = arrived();
  const two = call(running, { 'x-tripmeter-key': 'secret' });
  await last;
  release();
  expect((await two).status).toBe(200);
  const closed = running.journal.closed.map(({ client, errorClass }) => [client, errorClass]);
  expect(closed.slice(0, 3)).toEqual([
    [null, 'unauthorized'],
    ['app', 'rate_limited'],
    ['app', null],
  ]);
  expect(JSON.stringify(running.journal.entries)).not.toContain('secret');
});

test('the place of a request is free again, however it ended', async () => {
  const { running, arrived, release } = await held({}, { clients: [app] });
  const key = { 'x-tripmeter-key': 'secret' };
  const leave = new AbortController();
  const first = arrived();
  const left = fetch(`${running.url}/up/x`, { headers: key, signal: leave.signal });
  const gone = expect(left).rejects.toThrow();
  await first;
  expect((await call(running, key)).status).toBe(429);
  leave.abort();
  await gone;
  await running.journal.closedAt(1);
  expect(running.proxy.stats().endpoints[0]?.inFlight).toBe(0);
  const next = arrived();
  const answered = call(running, key);
  await next;
  release();
  release();
  expect((await answered).status).toBe(200);
});

test('a used-up budget refuses with 402 and the reason', async () => {
  const { running } = await held({}, { budget: () => 'refuse' });
  const response = await call(running);
  expect(response.status).toBe(402);
  expect(await response.json()).toMatchObject({ errorClass: 'budget_exceeded' });
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'rejected', paid: 'no' });
});

test('a request head that does not come in time gets 408 and its connection ends', async () => {
  const { running } = await held({}, { limits: { ...DEFAULT_LIMITS, headersTimeoutMs: 100 } });
  const socket = connect(running.port, '127.0.0.1');
  socket.write('GET /up/x HTTP/1.1\r\nHost: a\r\nX-Slow: ');
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 408 .*tripmeter/s);
  await once(socket, 'close');
  expect(running.proxy.stats().malformed).toBe(1);
});

test('a body that does not come in time gets 408 where a request has a time, and none of it is a whole one', async () => {
  const limits = { ...DEFAULT_LIMITS, headersTimeoutMs: 100, requestTimeoutMs: 200 };
  const { running, arrived } = await held({}, { limits });
  const first = arrived();
  const socket = connect(running.port, '127.0.0.1');
  socket.write('POST /up/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nslow');
  await first;
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 408 .*requestTimeout/s);
  await once(socket, 'close');
  expect(await running.journal.closedAt(0)).toMatchObject({
    outcome: 'rejected',
    status: 408,
    bytesIn: 4,
    paid: 'unknown',
  });
});

test('an idle client connection ends after its time, a busy one does not', async () => {
  const limits = { ...DEFAULT_LIMITS, keepAliveTimeoutMs: 50 };
  const { running, arrived, release } = await held({}, { limits });
  const first = arrived();
  const socket = connect(running.port, '127.0.0.1');
  socket.write('GET /up/x HTTP/1.1\r\nHost: a\r\n\r\n');
  await first;
  let closed = false;
  socket.once('close', () => {
    closed = true;
  });
  // Longer than an idle connection is kept, with what node adds to it.
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  expect(closed).toBe(false);
  release();
  expect(String((await once(socket, 'data'))[0])).toContain('200 OK');
  await once(socket, 'close');
});

test('beyond the most connections a client is turned away, until another leaves', async () => {
  const { running, arrived, release } = await held(
    {},
    { limits: { ...DEFAULT_LIMITS, maxConnections: 1 } },
  );
  const first = arrived();
  const one = connect(running.port, '127.0.0.1');
  one.write('GET /up/x HTTP/1.1\r\nHost: a\r\n\r\n');
  await first;
  expect(running.proxy.stats().clientConnections).toBe(1);
  const two = connect(running.port, '127.0.0.1').on('error', () => {});
  await once(two, 'close');
  expect(running.proxy.stats()).toMatchObject({ clientConnections: 1, refusedConnections: 1 });
  const gone = once(one, 'close');
  release();
  await once(one, 'data');
  one.destroy();
  await gone;
  while (running.proxy.stats().clientConnections > 0) await new Promise(setImmediate);
  const third = arrived();
  const three = connect(running.port, '127.0.0.1');
  three.write('GET /up/x HTTP/1.1\r\nHost: a\r\n\r\n');
  await third;
  release();
  expect(String((await once(three, 'data'))[0])).toContain('200 OK');
  three.destroy();
});

test('a head beyond the limit gets 431', async () => {
  const { running } = await held({}, { limits: { ...DEFAULT_LIMITS, maxHeaderBytes: 8_192 } });
  const response = await call(running, { 'x-large': 'y'.repeat(10_000) });
  expect(response.status).toBe(431);
});

test('an unknown endpoint gets 404 with the endpoints there are', async () => {
  const { running } = await held();
  const response = await fetch(`${running.url}/ups/x`, { method: 'POST', body: 'x' });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ endpoints: ['up'], source: 'tripmeter' });
  expect(running.proxy.stats().unknownEndpoint).toBe(1);
});

test('a graceful stop lets the running request end and takes no other', async () => {
  const { running, arrived, release } = await held({}, { drainSeconds: 5 });
  const first = arrived();
  const one = call(running);
  await first;
  const stopped = running.proxy.stop();
  await expect(call(running)).rejects.toThrow();
  release();
  const response = await one;
  expect(response.headers.get('connection')).toBe('close');
  expect(await response.text()).toBe('done');
  await stopped;
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok' });
  opened.pop();
});
