import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';

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
  const socket = connect(running.port, '127.0.0.1');
  socket.write('GET /up/x HTTP/1.0\r\nHost: a\r\n\r\n');
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes;
  });
  await once(socket, 'close');
  expect(text).not.toMatch(/^transfer-encoding:/im);
  expect(text).toMatch(/\r\n\r\none two$/);
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', bytesOut: 7 });
});

test('a good request is answered although a malformed one follows it in its packet', async () => {
  let calls = 0;
  const running = await through((_request, response) => {
    calls += 1;
    response.end('fine');
  });
  const socket = connect(running.port, '127.0.0.1');
  socket.write('GET /up/x HTTP/1.1\r\nHost: a\r\n\r\nGET /up/y HTTP/1.1\r\nX A: b\r\n\r\n');
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes;
  });
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*fine/s);
  expect(calls).toBe(1);
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', path: '/x' });
  expect(running.proxy.stats().malformed).toBe(1);
});
