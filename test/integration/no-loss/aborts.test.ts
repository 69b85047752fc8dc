import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import type { UpstreamOptions } from '../../../src/proxy/proxy-settings.ts';
import { expectPrompt } from '../../support/prompt.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request, response } from '../../support/transparency/transparency-case.ts';
import { RecordingUpstream, type UpstreamScripts } from '../../support/wire/recording-upstream.ts';
import type { WireStep } from '../../support/wire/wire-script.ts';

let upstream: RecordingUpstream;
let running: RunningProxy;

async function start(options: Partial<UpstreamOptions> = {}): Promise<void> {
  const url = `http://127.0.0.1:${upstream.port}`;
  const endpoint = proxyEndpoint('up', url, { connections: 1, ...options });
  running = await startProxy([endpoint], { drainSeconds: 0, abortGraceUs: GRACE_US });
}

beforeEach(async () => {
  upstream = new RecordingUpstream();
  await upstream.listen();
});
afterEach(async () => {
  await running.proxy.stop();
  await upstream.close();
});

const HANG: WireStep = { awaitText: 'what never comes' };
const GRACE_US = 7_000_000;
const LARGE = 16 * 1024 * 1024;

function connected(bytes: string): Socket {
  const socket = connect(running.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  return socket;
}

async function dataWith(socket: Socket, text: string): Promise<void> {
  let seen = '';
  while (!seen.includes(text)) seen += String((await once(socket, 'data'))[0]);
}

interface Phase {
  readonly bytes: string;
  readonly upstream: readonly WireStep[] | UpstreamScripts;
  /** Resolves when the client has come as far as it goes. */
  readonly until: (socket: Socket) => Promise<unknown>;
  readonly leave?: (socket: Socket) => void;
}

const untilSent = () => upstream.received();
const untilRead = (text: string) => (socket: Socket) => dataWith(socket, text);

/** Measures from the end of the client's connection to the end of the upstream's. */
async function hangUp(phase: Phase): Promise<ClosedRequest[]> {
  await expectPrompt(async () => {
    const { upstream: script } = phase;
    upstream.reset(Array.isArray(script) ? { '*': script } : (script as UpstreamScripts));
    const socket = connected(phase.bytes);
    await phase.until(socket);
    const leftAt = performance.now();
    if (phase.leave === undefined) socket.destroy();
    else phase.leave(socket);
    await upstream.idle();
    return performance.now() - leftAt;
  });
  await running.journal.closedAt(4);
  return running.journal.closed;
}

/** The same verdict on each try. */
function expectAborted(closed: readonly ClosedRequest[], expected: Partial<ClosedRequest>): void {
  expect(closed).toHaveLength(5);
  for (const each of closed) {
    expect(each).toMatchObject({
      outcome: 'client_abort',
      errorClass: 'client_abort',
      ...expected,
    });
  }
}

describe('the upstream knows within 100 ms of a client that leaves', () => {
  test('while it sends a body with a length', async () => {
    await start();
    const bytes = request('POST /up/a', ['Content-Length: 1000000'], 'the beginning');
    const closed = await hangUp({ bytes, upstream: [HANG], until: untilSent });
    expectAborted(closed, { paid: 'unknown', status: null, bytesIn: 'the beginning'.length });
  });

  test('while it sends a chunked body', async () => {
    await start();
    const bytes = request('POST /up/a', ['Transfer-Encoding: chunked'], '3\r\nabc\r\n');
    const closed = await hangUp({ bytes, upstream: [HANG], until: untilSent });
    expectAborted(closed, { paid: 'unknown', bytesIn: 3 });
  });

  test('while it waits to be told to send its body', async () => {
    await start();
    const bytes = request('POST /up/a', ['Expect: 100-continue', 'Content-Length: 4']);
    const closed = await hangUp({ bytes, upstream: [HANG], until: untilSent });
    expectAborted(closed, { paid: 'unknown', bytesIn: 0 });
  });

  test('while it waits for the head', async () => {
    await start();
    const bytes = request('GET /up/a');
    const closed = await hangUp({ bytes, upstream: ['await-body', HANG], until: untilSent });
    expectAborted(closed, { paid: 'unknown', status: null });
    // Modal may work on for that long, and costs while it does.
    for (const { durationUs, upstreamEndUs, execEstimateUs } of closed) {
      expect(upstreamEndUs).toBe(durationUs + GRACE_US);
      expect(execEstimateUs).toBeGreaterThanOrEqual(GRACE_US);
    }
  });

  test('while it has a head without a body, which comes as soon as the upstream sends it', async () => {
    await start();
    const closed = await hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', HANG],
      until: untilRead('200 OK'),
    });
    expectAborted(closed, { paid: 'yes', status: 200, bytesOut: 0 });
  });

  test('after an interim response', async () => {
    await start();
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    const closed = await hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', early, HANG],
      until: untilRead('103'),
    });
    expectAborted(closed, { paid: 'unknown', status: null });
  });

  test('while it reads a stream', async () => {
    await start();
    const stream = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n';
    const closed = await hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', stream, HANG],
      until: untilRead('first'),
    });
    expectAborted(closed, { paid: 'yes', status: 200, chunks: 1 });
  });

  test('while it reads a body with a length', async () => {
    await start();
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst';
    const closed = await hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', head, HANG],
      until: untilRead('first'),
    });
    expectAborted(closed, { paid: 'yes', status: 200, bytesOut: 5 });
  });

  test('while it reads so slowly that the upstream is held back', async () => {
    await start();
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`;
    const closed = await hangUp({
      bytes: request('GET /up/a'),
      upstream: ['await-body', head, Buffer.alloc(LARGE - 1), HANG],
      until: (socket) => once(socket, 'readable'),
    });
    expectAborted(closed, { paid: 'yes', status: 200 });
    for (const { bytesOut } of closed) expect(bytesOut).toBeLessThan(LARGE);
  });

  const upgrade = request('GET /up/a', ['Connection: Upgrade', 'Upgrade: x']);
  const switching = 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';

  test.each([
    ['by closing', upgrade, (socket: Socket) => socket.destroy()],
    ['by a reset', upgrade, (socket: Socket) => socket.resetAndDestroy()],
    ['with bytes of its protocol sent', `${upgrade}hello`, (socket: Socket) => socket.destroy()],
  ])('while it waits for a tunnel, %s', async (_how, bytes, leaving) => {
    await start();
    const until = async (socket: Socket) => {
      await upstream.received();
      socket.write('early');
    };
    const closed = await hangUp({ bytes, upstream: ['await-body', HANG], until, leave: leaving });
    expectAborted(closed, { paid: 'unknown', status: null });
    expect(running.proxy.stats().endpoints[0]).toMatchObject({ inFlight: 0 });
  });

  test('while it reads the answer to a tunnel that was refused', async () => {
    await start();
    const refusal = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nfirst';
    const closed = await hangUp({
      bytes: upgrade,
      upstream: ['await-body', refusal, HANG],
      until: untilRead('first'),
    });
    expectAborted(closed, { status: 403, bytesOut: 5 });
  });

  test('before its tunnel opens, and the switch that comes too late is for nobody', async () => {
    await start();
    // The script goes on when the proxy has gone.
    upstream.reset({ '*': ['await-body', HANG, switching] });
    const socket = connected(upgrade);
    await upstream.received();
    socket.end();
    const seen: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => seen.push(bytes));
    await once(socket, 'close');
    await upstream.idle();
    expect(String(Buffer.concat(seen))).toBe('');
    const closed = await running.journal.closedAt(0);
    expect(closed).toMatchObject({ outcome: 'client_abort', status: null });
  });

  const tunnel = {
    bytes: upgrade,
    upstream: ['await-body', `${switching}hello`, HANG],
    until: untilRead('hello'),
  } as const;

  test('while it uses a tunnel', async () => {
    await start();
    const closed = await hangUp({ ...tunnel, leave: (socket) => socket.resetAndDestroy() });
    expectAborted(closed, { status: 101, bytesOut: 5 });
  });

  test('by closing a tunnel, which ends it in order', async () => {
    await start();
    for (const each of await hangUp(tunnel)) {
      expect(each).toMatchObject({ outcome: 'ok', status: 101, bytesOut: 5 });
    }
  });

  test('while the proxy follows a redirect of Modal for it', async () => {
    await start({ follow303: true });
    const location = '/?__modal_function_call_id=fc-1';
    const closed = await hangUp({
      bytes: request('POST /up/', ['Content-Length: 2'], '{}'),
      upstream: {
        '/': ['await-body', response('303 See Other', [`Location: ${location}`])],
        [location]: ['await-body', HANG],
      },
      until: () => upstream.received(2),
    });
    expectAborted(closed, { paid: 'yes', legs: 2, functionCallId: 'fc-1' });
  });
});

test('an upstream that takes no body hears of it as directly: behind the bytes, when it reads again', async () => {
  await start();
  upstream.reset({ '*': [{ stopReadingMs: 150 }, HANG] });
  const socket = connected(request('POST /up/a', [`Content-Length: ${LARGE}`]));
  await upstream.received();
  socket.write(Buffer.alloc(LARGE / 2));
  socket.destroySoon();
  await upstream.idle();
  const closed = await running.journal.closedAt(0);
  expect(closed).toMatchObject({ outcome: 'client_abort', paid: 'unknown', bytesIn: LARGE / 2 });
  const [seen] = upstream.requests;
  expect(seen).toMatchObject({ complete: false });
  expect(seen?.body.length).toBeLessThanOrEqual(LARGE / 2);
});

/** Leaves when the proxy has come so far, and expects the record as promptly as the upstream would know. */
async function leave(socket: Socket, closed: number): Promise<ClosedRequest> {
  const leftAt = performance.now();
  socket.destroy();
  const record = await running.journal.closedAt(closed);
  expect(performance.now() - leftAt).toBeLessThan(1_000);
  return record;
}

describe('the upstream never hears of a client that leaves', () => {
  const free = { outcome: 'client_abort', paid: 'no', sentUs: null, execEstimateUs: null };

  test('while it waits for a connection to the upstream', async () => {
    await start();
    upstream.reset({ '/a': ['await-body', HANG], '*': ['await-body'] });
    const first = connected(request('GET /up/a'));
    await upstream.received();
    for (let index = 0; index < 3; index += 1) {
      const second = connected(request('GET /up/b'));
      await running.journal.entry(() => running.journal.entries.length === 2 * index + 2);
      expect(running.proxy.stats().endpoints[0]?.queued).toBe(1);
      expect(await leave(second, index)).toMatchObject({ ...free, path: '/b' });
      expect(running.proxy.stats().endpoints[0]?.queued).toBe(0);
    }
    first.destroy();
    await upstream.idle();
    expect(upstream.requests.map(({ startLine }) => startLine)).toEqual(['GET /a HTTP/1.1']);
  });

  test('while its body is held to be signed', async () => {
    await start({ signBody: { key: Buffer.from('k') } });
    upstream.reset({});
    const socket = connected(request('POST /up/a', ['Content-Length: 9'], 'half'));
    await running.journal.entry(({ type }) => type === 'opened');
    expect(await leave(socket, 0)).toMatchObject({ ...free, bytesIn: 4 });
    expect(upstream.requests).toEqual([]);
  });

  test('while the upstream has not finished its handshake', async () => {
    const url = `https://127.0.0.1:${upstream.port}`;
    running = await startProxy([proxyEndpoint('up', url)], { drainSeconds: 0 });
    const socket = connected(request('GET /up/a'));
    await running.journal.entry(({ type }) => type === 'opened');
    expect(await leave(socket, 0)).toMatchObject(free);
  });

  test('before it would be asked again: a cold server is left alone', async () => {
    await start({ retryCold503: { attempts: 5, delayMs: 50 } });
    upstream.reset({ '*': ['await-body', response('503 Service Unavailable')] });
    const socket = connected(request('GET /up/a'));
    await upstream.received();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const closed = await leave(socket, 0);
    expect(closed).toMatchObject({ outcome: 'client_abort', retries: 1 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(upstream.requests).toHaveLength(1);
  });
});
