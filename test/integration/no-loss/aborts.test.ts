import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request } from '../../support/transparency/transparency-case.ts';
import { RecordingUpstream } from '../../support/wire/recording-upstream.ts';
import type { WireStep } from '../../support/wire/wire-script.ts';

/** The promise is 100 ms; what is above is left for a busy machine. */
const NOTICE_MS = 500;

let upstream: RecordingUpstream;
let running: RunningProxy;

beforeEach(async () => {
  upstream = new RecordingUpstream();
  await upstream.listen();
  const url = `http://127.0.0.1:${upstream.port}`;
  running = await startProxy([proxyEndpoint('up', url, { connections: 1 })], { drainSeconds: 0 });
});
afterEach(async () => {
  await running.proxy.stop();
  await upstream.close();
});

/** Sends, waits until the upstream has come so far, hangs up, and waits until the upstream knows. */
async function hangUp(bytes: string, upstreamSteps: readonly WireStep[], awaited: string | null) {
  upstream.reset({ '*': upstreamSteps });
  const socket = connect(running.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  if (awaited === null) await upstream.received();
  else await dataWith(socket, awaited);
  const leftAt = performance.now();
  socket.destroy();
  await upstream.idle();
  expect(performance.now() - leftAt).toBeLessThan(NOTICE_MS);
  return running.journal.closedAt(0);
}

async function dataWith(socket: ReturnType<typeof connect>, text: string): Promise<void> {
  let seen = '';
  while (!seen.includes(text)) seen += String((await once(socket, 'data'))[0]);
}

const aborted = (closed: ClosedRequest) => [closed.outcome, closed.errorClass, closed.paid];
const HANG: WireStep = { awaitText: 'what never comes' };

describe('a client that leaves', () => {
  test('while it sends its body: the upstream knows at once', async () => {
    const head = request('POST /up/a', ['Content-Length: 1000000'], 'the beginning');
    const closed = await hangUp(head, [HANG], null);
    expect(aborted(closed)).toEqual(['client_abort', 'client_abort', 'unknown']);
    expect(closed.bytesIn).toBe('the beginning'.length);
  });

  test('while it waits for the head', async () => {
    const closed = await hangUp(request('GET /up/a'), ['await-body', HANG], null);
    expect(aborted(closed)).toEqual(['client_abort', 'client_abort', 'unknown']);
    expect(closed.status).toBeNull();
  });

  test('while it reads a stream', async () => {
    const stream = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n';
    const closed = await hangUp(request('GET /up/a'), ['await-body', stream, HANG], 'first');
    expect(aborted(closed)).toEqual(['client_abort', 'client_abort', 'yes']);
    expect(closed).toMatchObject({ status: 200, chunks: 1 });
  });

  test('while it reads a body with a length', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst';
    const closed = await hangUp(request('GET /up/a'), ['await-body', head, HANG], 'first');
    expect(closed).toMatchObject({ outcome: 'client_abort', status: 200 });
  });

  test('while it uses a tunnel', async () => {
    const upgrade = request('GET /up/a', ['Connection: Upgrade', 'Upgrade: x']);
    const switching = 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello';
    const closed = await hangUp(upgrade, ['await-body', switching, HANG], 'hello');
    expect(closed.status).toBe(101);
  });

  test('while it waits for a connection to the upstream: the upstream never hears of it', async () => {
    upstream.reset({ '/a': ['await-body', HANG], '*': ['await-body'] });
    const first = connect(running.port, '127.0.0.1').on('error', () => {});
    first.write(request('GET /up/a'));
    await upstream.received();
    const second = connect(running.port, '127.0.0.1').on('error', () => {});
    second.write(request('GET /up/b'));
    const opened = await running.journal.entry(
      (entry) => entry.type === 'opened' && entry.request.path === '/b',
    );
    expect(opened.type).toBe('opened');
    second.destroy();
    const closed = await running.journal.closedAt(0);
    expect(closed).toMatchObject({ path: '/b', outcome: 'client_abort', paid: 'no', sentUs: null });
    first.destroy();
    await upstream.idle();
    expect(upstream.requests.map(({ startLine }) => startLine)).toEqual(['GET /a HTTP/1.1']);
  });
});
