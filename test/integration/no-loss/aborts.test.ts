import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import {
  AbortBench,
  expectAborted,
  GRACE_US,
  HANG,
  untilRead,
} from '../../support/no-loss/abort-bench.ts';
import { proxyEndpoint, startProxy } from '../../support/proxy/start-proxy.ts';
import { request, response } from '../../support/transparency/transparency-case.ts';

const LARGE = 16 * 1024 * 1024;

let bench: AbortBench;
beforeEach(async () => {
  bench = await AbortBench.open();
});
afterEach(() => bench.close());

describe('the upstream knows within 100 ms of a client that leaves', () => {
  test('while it sends a body with a length', async () => {
    await bench.start();
    const bytes = request('POST /up/a', ['Content-Length: 1000000'], 'the beginning');
    const closed = await bench.hangUp({
      bytes,
      upstream: [HANG],
      until: () => bench.upstream.received(),
    });
    expectAborted(closed, { paid: 'unknown', status: null, bytesIn: 'the beginning'.length });
  });

  test('while it sends a chunked body', async () => {
    await bench.start();
    const bytes = request('POST /up/a', ['Transfer-Encoding: chunked'], '3\r\nabc\r\n');
    const closed = await bench.hangUp({
      bytes,
      upstream: [HANG],
      until: () => bench.upstream.received(),
    });
    expectAborted(closed, { paid: 'unknown', bytesIn: 3 });
  });

  test('while it waits to be told to send its body', async () => {
    await bench.start();
    const bytes = request('POST /up/a', ['Expect: 100-continue', 'Content-Length: 4']);
    const closed = await bench.hangUp({
      bytes,
      upstream: [HANG],
      until: () => bench.upstream.received(),
    });
    expectAborted(closed, { paid: 'unknown', bytesIn: 0 });
  });

  test('while it waits for the head', async () => {
    await bench.start();
    const bytes = request('GET /up/a');
    const closed = await bench.hangUp({
      bytes,
      upstream: ['await-body', HANG],
      until: () => bench.upstream.received(),
    });
    expectAborted(closed, { paid: 'unknown', status: null });
    // Modal may work on for that long, and costs while it does.
    for (const { durationUs, upstreamEndUs, execEstimateUs } of closed) {
      expect(upstreamEndUs).toBe(durationUs + GRACE_US);
      expect(execEstimateUs).toBeGreaterThanOrEqual(GRACE_US);
    }
  });

  test('while it has a head without a body, which comes as soon as the upstream sends it', async () => {
    await bench.start();
    const closed = await bench.hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', HANG],
      until: untilRead('200 OK'),
    });
    expectAborted(closed, { paid: 'yes', status: 200, bytesOut: 0 });
  });

  test('after an interim response', async () => {
    await bench.start();
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    const closed = await bench.hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', early, HANG],
      until: untilRead('103'),
    });
    expectAborted(closed, { paid: 'unknown', status: null });
  });

  test('while it reads a stream', async () => {
    await bench.start();
    const stream = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n';
    const closed = await bench.hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', stream, HANG],
      until: untilRead('first'),
    });
    expectAborted(closed, { paid: 'yes', status: 200, chunks: 1 });
  });

  test('while it reads a body with a length', async () => {
    await bench.start();
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst';
    const closed = await bench.hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', head, HANG],
      until: untilRead('first'),
    });
    expectAborted(closed, { paid: 'yes', status: 200, bytesOut: 5 });
  });

  test('while it reads so slowly that the upstream is held back', async () => {
    await bench.start();
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`;
    const closed = await bench.hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', head, Buffer.alloc(LARGE - 1), HANG],
      until: (socket) => once(socket, 'readable'),
    });
    expectAborted(closed, { paid: 'yes', status: 200 });
    for (const { bytesOut } of closed) expect(bytesOut).toBeLessThan(LARGE);
  });

  test('while the proxy follows a redirect of Modal for it', async () => {
    await bench.start({ follow303: true });
    const location = '/?__modal_function_call_id=fc-1';
    const closed = await bench.hangUp({
      bytes: request('POST /up/', ['Content-Length: 2'], '{}'),
      upstream: {
        '/': ['await-body', response('303 See Other', [`Location: ${location}`])],
        [location]: ['await-body', HANG],
      },
      until: () => bench.upstream.received(2),
    });
    expectAborted(closed, { paid: 'yes', legs: 2, functionCallId: 'fc-1' });
  });
});

test('an upstream that takes no body hears of it as directly: behind the bytes, when it reads again', async () => {
  await bench.start();
  bench.upstream.reset({ '*': [{ stopReadingMs: 150 }, HANG] });
  const socket = bench.connected(request('POST /up/a', [`Content-Length: ${LARGE}`]));
  await bench.upstream.received();
  socket.write(Buffer.alloc(LARGE / 2));
  socket.destroySoon();
  await bench.upstream.idle();
  const closed = await bench.running.journal.closedAt(0);
  expect(closed).toMatchObject({ outcome: 'client_abort', paid: 'unknown', bytesIn: LARGE / 2 });
  const [seen] = bench.upstream.requests;
  expect(seen).toMatchObject({ complete: false });
  expect(seen?.body.length).toBeLessThanOrEqual(LARGE / 2);
});

/** Leaves when the proxy has come so far, and expects the record as promptly as the upstream would know. */
async function leave(socket: Socket, closed: number): Promise<ClosedRequest> {
  const leftAt = performance.now();
  socket.destroy();
  const record = await bench.running.journal.closedAt(closed);
  expect(performance.now() - leftAt).toBeLessThan(1_000);
  return record;
}

describe('the upstream never hears of a client that leaves', () => {
  const free = { outcome: 'client_abort', paid: 'no', sentUs: null, execEstimateUs: null };

  test('while it waits for a connection to the upstream', async () => {
    await bench.start();
    bench.upstream.reset({ '/a': ['await-body', HANG], '*': ['await-body'] });
    const first = bench.connected(request('GET /up/a'));
    await bench.upstream.received();
    for (let index = 0; index < 3; index += 1) {
      const second = bench.connected(request('GET /up/b'));
      await bench.running.journal.entry(
        () => bench.running.journal.entries.length === 2 * index + 2,
      );
      expect(bench.running.proxy.stats().endpoints[0]?.queued).toBe(1);
      expect(await leave(second, index)).toMatchObject({ ...free, path: '/b' });
      expect(bench.running.proxy.stats().endpoints[0]?.queued).toBe(0);
    }
    first.destroy();
    await bench.upstream.idle();
    expect(bench.upstream.requests.map(({ startLine }) => startLine)).toEqual(['GET /a HTTP/1.1']);
  });

  test('while its body is held to be signed', async () => {
    await bench.start({ signBody: { key: Buffer.from('k') } });
    bench.upstream.reset({});
    const socket = bench.connected(request('POST /up/a', ['Content-Length: 9'], 'half'));
    await bench.running.journal.entry(({ type }) => type === 'opened');
    expect(await leave(socket, 0)).toMatchObject({ ...free, bytesIn: 4 });
    expect(bench.upstream.requests).toEqual([]);
  });

  test('while the upstream has not finished its handshake', async () => {
    const url = `https://127.0.0.1:${bench.upstream.port}`;
    bench.running = await startProxy([proxyEndpoint('up', url)], { drainSeconds: 0 });
    const socket = bench.connected(request('GET /up/a'));
    await bench.running.journal.entry(({ type }) => type === 'opened');
    expect(await leave(socket, 0)).toMatchObject(free);
  });

  test('before it would be asked again: a cold server is left alone', async () => {
    await bench.start({ retryCold503: { attempts: 5, delayMs: 50 } });
    bench.upstream.reset({ '*': ['await-body', response('503 Service Unavailable')] });
    const socket = bench.connected(request('GET /up/a'));
    await bench.upstream.received();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const closed = await leave(socket, 0);
    expect(closed).toMatchObject({ outcome: 'client_abort', retries: 1 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(bench.upstream.requests).toHaveLength(1);
  });
});
