import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LINGER_MS } from '../../../src/proxy/hang-up.ts';
import { DEFAULT_LIMITS, type ProxySettings } from '../../../src/proxy/proxy-settings.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request, response } from '../../support/transparency/transparency-case.ts';
import { RecordingUpstream } from '../../support/wire/recording-upstream.ts';

const UPGRADE = ['Connection: Upgrade', 'Upgrade: x'];
const SWITCHING = 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';

let upstream: RecordingUpstream;
let running: RunningProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  upstream = new RecordingUpstream();
  await upstream.listen();
  upstream.scripts = {
    '/ends': ['await-body', SWITCHING, 'bye', 'end'],
    '/refuses': ['await-body', response('403 Forbidden', [], 'no')],
  };
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await running.proxy.stop();
  await upstream.close();
});

async function start(settings: Partial<ProxySettings> = {}): Promise<void> {
  const endpoint = proxyEndpoint('up', `http://127.0.0.1:${upstream.port}`);
  running = await startProxy([endpoint], settings);
}

/** Clients that were answered and hung up on, and do not close their own side: what each of them read. */
const STAYING: Record<string, readonly [string, string]> = {
  'in a tunnel that the upstream ended': [request('GET /up/ends', UPGRADE), 'bye'],
  'with a tunnel that the upstream refused': [request('GET /up/refuses', UPGRADE), '403'],
  'with a tunnel for no endpoint': [request('GET /nobody', UPGRADE), '404'],
  'with a CONNECT': ['CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', '404'],
};

/** @returns a client whose connection the proxy has half closed. */
async function stays(bytes: string, expected: string): Promise<Socket> {
  const socket = connect({ port: running.port, host: '127.0.0.1', allowHalfOpen: true });
  clients.push(socket);
  socket.on('error', () => {});
  let seen = '';
  socket.on('data', (data) => {
    seen += data;
  });
  socket.write(bytes);
  await once(socket, 'end');
  expect(seen).toContain(expected);
  return socket;
}

describe('a client that never closes its side', () => {
  test.each(Object.entries(STAYING))('%s is cut off after a while', async (_where, bytes) => {
    await start({ limits: { ...DEFAULT_LIMITS, keepAliveTimeoutMs: 100 } });
    const socket = await stays(...bytes);
    expect(running.proxy.stats().clientConnections).toBe(1);
    // Bytes that nobody asked for do not keep it.
    const chatter = setInterval(() => socket.write('x'), 20);
    await expect.poll(() => running.proxy.stats().clientConnections, { timeout: 5_000 }).toBe(0);
    clearInterval(chatter);
    await expect.poll(() => running.proxy.stats().endpoints[0]?.inFlight).toBe(0);
  });

  test('does not keep the proxy from stopping', async () => {
    await start({ drainSeconds: 60 });
    for (const bytes of Object.values(STAYING)) await stays(...bytes);
    expect(running.proxy.stats().clientConnections).toBe(4);
    const stoppedAt = performance.now();
    await running.proxy.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(LINGER_MS / 2);
  });
});

test('an upstream that never closes its side of a tunnel does not keep the proxy from stopping', async () => {
  upstream.scripts = { '*': ['await-body', SWITCHING, { awaitText: 'what never comes' }] };
  await start({ drainSeconds: 0.1 });
  const client = connect({ port: running.port, host: '127.0.0.1', allowHalfOpen: true });
  clients.push(client);
  client.write(request('GET /up/open', UPGRADE));
  await once(client, 'data');
  await running.proxy.stop();
  await upstream.idle();
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'shutdown', status: 101 });
});

test('a client that begins a request and sends no more of it does not keep the proxy from stopping', async () => {
  await start({ drainSeconds: 60 });
  const client = connect(running.port, '127.0.0.1');
  clients.push(client);
  client.write('GET /up/x HTTP/1.1\r\nHost:');
  await expect.poll(() => running.proxy.stats().clientConnections).toBe(1);
  await running.proxy.stop();
  expect(running.journal.entries).toEqual([]);
});
