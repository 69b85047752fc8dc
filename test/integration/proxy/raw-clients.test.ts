import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { saidTo } from '../../support/wire/said-to.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function through(listener: RequestListener): Promise<RunningProxy> {
  const upstream = await startHttpUpstream(listener);
  opened.push(() => upstream.close());
  const running = await startProxy([proxyEndpoint('up', upstream.url)]);
  opened.push(() => running.proxy.stop());
  return running;
}

test('an HTTP/1.0 client gets a chunked answer as plain bytes that end with the connection', async () => {
  const running = await through((_request, response) => {
    response.write('one ');
    response.end('two');
  });
  const text = await saidTo(running.port, 'GET /up/x HTTP/1.0\r\nHost: a\r\n\r\n');
  expect(text).not.toMatch(/^transfer-encoding:/im);
  expect(text).toMatch(/\r\n\r\none two$/);
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', bytesOut: 7 });
});

const WITHOUT_HOST = 'GET /up/x HTTP/1.1\r\n';
const TWO_HOSTS = 'GET /up/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: x\r\n';

const HTTP2 = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const TLS_HELLO = '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003';

test.each([
  ['in HTTP/2', HTTP2, 'the client speaks HTTP/2, and this port speaks HTTP/1.1 without TLS'],
  ['in TLS', TLS_HELLO, 'the client speaks TLS, and this port speaks HTTP/1.1 without TLS'],
  ['without a Host', `${WITHOUT_HOST}\r\n`, 'the request carries no Host header'],
  [
    'for a tunnel without a Host',
    `${WITHOUT_HOST}${UPGRADE}\r\n`,
    'the request carries no Host header',
  ],
  [
    'for a tunnel with two Hosts',
    `${TWO_HOSTS}${UPGRADE}\r\n`,
    'the request carries more than one Host header',
  ],
])('a request %s is refused in words and counted', async (_what, bytes, cause) => {
  const running = await through((_request, response) => response.end('fine'));
  const [head, body] = (await saidTo(running.port, bytes)).split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(head).toMatch(/^connection: close$/im);
  const problem = { status: 400, source: 'tripmeter', errorClass: 'bad_request' };
  expect(JSON.parse(body ?? '')).toMatchObject({
    ...problem,
    cause,
  });
  expect(running.proxy.stats().malformed).toBe(1);
  expect(running.journal.entries).toEqual([]);
});

test('an HTTP/1.0 client need not name a host', async () => {
  const running = await through((_request, response) => response.end('fine'));
  const socket = connect(running.port, '127.0.0.1');
  socket.write('GET /up/x HTTP/1.0\r\n\r\n');
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  socket.destroy();
});

test('a good request is answered although a malformed one follows it in its packet', async () => {
  let calls = 0;
  const running = await through((_request, response) => {
    calls += 1;
    response.end('fine');
  });
  const good = 'GET /up/x HTTP/1.1\r\nHost: a\r\n\r\n';
  const text = await saidTo(running.port, `${good}GET /up/y HTTP/1.1\r\nX A: b\r\n\r\n`);
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*fine/s);
  expect(calls).toBe(1);
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', path: '/x' });
  expect(running.proxy.stats().malformed).toBe(1);
});
