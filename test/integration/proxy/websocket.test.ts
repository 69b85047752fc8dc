import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type HttpUpstream, startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';

let upstream: HttpUpstream;
let sockets: WebSocketServer;
let running: RunningProxy;

beforeEach(async () => {
  upstream = await startHttpUpstream((_request, response) => response.writeHead(426).end('no'));
  sockets = new WebSocketServer({ server: upstream.server, path: '/ws' });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  running = await startProxy([proxyEndpoint('app', upstream.url, { connections: 2 })], {
    drainSeconds: 0.2,
  });
});
afterEach(async () => {
  await running.proxy.stop();
  sockets.close();
  await upstream.close();
});

async function connected(path = '/app/ws'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${running.port}${path}`, ['chat.v1']);
  await once(socket, 'open');
  return socket;
}

async function echo(socket: WebSocket, message: string | Buffer): Promise<Buffer> {
  socket.send(message);
  const [data] = await once(socket, 'message');
  return data as Buffer;
}

test('messages of any size go both ways, and bytes and duration are recorded', async () => {
  const socket = await connected();
  expect(socket.protocol).toBe('chat.v1');
  expect((await echo(socket, 'hello')).toString()).toBe('hello');
  const large = Buffer.alloc(3_000_000, 'x');
  expect((await echo(socket, large)).equals(large)).toBe(true);
  socket.close();
  await once(socket, 'close');
  const closed = await running.journal.closedAt(0);
  expect(closed).toMatchObject({
    outcome: 'ok',
    status: 101,
    streamed: true,
    method: 'GET',
    path: '/ws',
  });
  expect(closed.bytesIn).toBeGreaterThan(large.length);
  expect(closed.bytesOut).toBeGreaterThan(large.length);
  expect(closed.execEstimateUs).toBeGreaterThan(0);
});

test('a client that vanishes is seen by the upstream and recorded', async () => {
  const socket = await connected();
  const [server] = sockets.clients;
  socket.terminate();
  await once(server ?? socket, 'close');
  expect((await running.journal.closedAt(0)).status).toBe(101);
});

test('an upstream that vanishes is seen by the client and recorded', async () => {
  const socket = await connected();
  for (const server of sockets.clients) {
    server.terminate();
  }
  await once(socket, 'close');
  expect((await running.journal.closedAt(0)).status).toBe(101);
});

test('a refused upgrade gets the upstream answer', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${running.port}/app/elsewhere`);
  const [error] = await once(socket, 'error');
  expect(String(error)).toContain('400');
  expect(await running.journal.closedAt(0)).toMatchObject({
    outcome: 'upstream_error',
    status: 400,
  });
});

test('an upgrade for nobody gets 404', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${running.port}/nobody/ws`);
  const [error] = await once(socket, 'error');
  expect(String(error)).toContain('404');
});

test('a tunnel that outlasts the drain ends as shutdown', async () => {
  const socket = await connected();
  const gone = once(socket, 'close');
  await running.proxy.stop();
  await gone;
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'shutdown', status: 101 });
});

test('tunnels count as connections of the endpoint', async () => {
  const both = [await connected(), await connected()];
  const { port } = upstream.server.address() as AddressInfo;
  expect(port).toBeGreaterThan(0);
  expect(running.proxy.stats().endpoints[0]).toMatchObject({ connections: 2, inFlight: 2 });
  for (const socket of both) {
    socket.close();
    await once(socket, 'close');
  }
  await running.journal.closedAt(1);
});
