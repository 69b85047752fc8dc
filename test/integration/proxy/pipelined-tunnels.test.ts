import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request, response } from '../../support/transparency/transparency-case.ts';
import { RecordingUpstream } from '../../support/wire/recording-upstream.ts';
import { saidTo } from '../../support/wire/said-to.ts';

const UPGRADE = request('GET /up/ws', ['Connection: Upgrade', 'Upgrade: x']);
const SWITCHING = 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello';

let upstream: RecordingUpstream;
let running: RunningProxy;

beforeEach(async () => {
  upstream = new RecordingUpstream();
  await upstream.listen();
  running = await startProxy([proxyEndpoint('up', `http://127.0.0.1:${upstream.port}`)]);
});
afterEach(async () => {
  await running.proxy.stop();
  await upstream.close();
});

test('an upgrade that is pipelined behind another request is asked for plainly, and answered in its turn', async () => {
  upstream.scripts = {
    '/slow': ['await-body', { pauseMs: 50 }, response('200 OK', [], 'slow')],
    '/ws': ['await-body', response('426 Upgrade Required', [], 'alone')],
  };
  // What comes behind it might be the tunnel's, so it is for nobody.
  const said = await saidTo(
    running.port,
    request('GET /up/slow') + UPGRADE + request('GET /up/last'),
  );
  expect(said.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 426']);
  expect(said).toMatch(/slow.*connection: close.*alone$/is);
  const plain = upstream.requests.find(({ startLine }) => startLine.startsWith('GET /ws'));
  expect(plain?.startLine).toBe('GET /ws HTTP/1.1');
  expect(JSON.stringify(plain)).not.toMatch(/upgrade/i);
  expect(running.journal.closed.map(({ path, status }) => [path, status])).toEqual([
    ['/slow', 200],
    ['/ws', 426],
  ]);
});

test('a CONNECT behind a request that runs ends the connection, never the order of answers', async () => {
  upstream.scripts = { '*': ['await-body', { awaitText: 'what never comes' }] };
  const connecting = 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n';
  expect(await saidTo(running.port, request('GET /up/slow') + connecting)).toBe('');
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'client_abort' });
});

test('a tunnel on a connection that has carried requests is counted until it ends', async () => {
  upstream.scripts = {
    '/first': ['await-body', response('200 OK', [], 'first')],
    '/ws': ['await-body', SWITCHING, { awaitText: 'done' }, 'end'],
  };
  const socket = connect(running.port, '127.0.0.1');
  socket.write(request('GET /up/first'));
  await once(socket, 'data');
  socket.write(UPGRADE);
  let said = '';
  while (!said.includes('hello')) said += String((await once(socket, 'data'))[0]);
  const stopped = running.proxy.stop();
  socket.write('done');
  socket.resume();
  await stopped;
  expect(running.journal.closed.map(({ outcome, status }) => [outcome, status])).toEqual([
    ['ok', 200],
    ['ok', 101],
  ]);
});
