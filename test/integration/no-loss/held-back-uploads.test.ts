import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UpstreamOptions } from '../../../src/proxy/proxy-settings.ts';
import { expectPrompt } from '../../support/prompt.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request } from '../../support/transparency/transparency-case.ts';
import { ReceivedBytes } from '../../support/wire/received-bytes.ts';

const MIB = 1024 * 1024;
/** More than the kernel takes on the way to an upstream that does not read. */
const LONG = 5 * MIB;
/** More than the kernel and the proxy take together. */
const TOO_LONG = 64 * MIB;

let upstream: Server;
let answer: RequestListener;
let running: RunningProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  answer = () => {};
  upstream = createServer((incoming, response) => answer(incoming, response));
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await running.proxy.stop();
  upstream.closeAllConnections();
  upstream.close();
});

async function start(options: Partial<UpstreamOptions> = {}): Promise<void> {
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const endpoint = proxyEndpoint('up', url, { connections: 1, ...options });
  running = await startProxy([endpoint], { drainSeconds: 0 });
}

function connected(bytes: string): Socket {
  const socket = connect(running.port, '127.0.0.1');
  socket.on('error', () => {});
  clients.push(socket);
  socket.write(bytes, 'latin1');
  return socket;
}

function uploading(path: string, length: number, sent: number): Socket {
  const socket = connected(request(`POST /up/${path}`, [`Content-Length: ${length}`]));
  for (let left = sent; left > 0; left -= MIB) socket.write(Buffer.alloc(Math.min(MIB, left)));
  return socket;
}

/** Resolves when the client can send no more: for a while, nothing has left its process. */
async function stuck(socket: Socket): Promise<void> {
  for (let before = -1; before !== socket.writableLength; await sleep(200)) {
    before = socket.writableLength;
  }
  expect(socket.writableLength).toBeGreaterThan(0);
}

/** Five clients that leave, one after the other: each record is there promptly. */
async function expectNoticed(arrive: () => Promise<Socket>, leave: (socket: Socket) => void) {
  let count = 0;
  await expectPrompt(async () => {
    const socket = await arrive();
    const leftAt = performance.now();
    leave(socket);
    await running.journal.closedAt(count);
    count += 1;
    return performance.now() - leftAt;
  });
  return running.journal.closed;
}

describe('a client that leaves is noticed within 100 ms', () => {
  const aborted = { outcome: 'client_abort', errorClass: 'client_abort' };

  test('while the upstream takes none of its body: all it sent stands before its end', async () => {
    await start();
    const arrive = async () => {
      const socket = uploading('a', TOO_LONG, LONG);
      await once(socket, 'drain');
      return socket;
    };
    const closed = await expectNoticed(arrive, (socket) => socket.destroy());
    for (const each of closed) expect(each).toMatchObject({ ...aborted, paid: 'unknown' });
  });

  test('by a reset, however much it has left to send; what is kept of it is bounded', async () => {
    await start();
    const arrive = async () => {
      const socket = uploading('a', TOO_LONG, TOO_LONG);
      await stuck(socket);
      return socket;
    };
    const closed = await expectNoticed(arrive, (socket) => socket.resetAndDestroy());
    for (const each of closed) {
      expect(each).toMatchObject({ ...aborted, paid: 'unknown' });
      expect(each.bytesIn).toBeLessThan(16 * MIB);
    }
  }, 20_000);

  test('while its body waits for a connection, and nothing of it goes upstream', async () => {
    const seen: (string | undefined)[] = [];
    answer = (incoming) => void seen.push(incoming.url);
    await start();
    const first = connected(request('GET /up/a'));
    await once(upstream, 'request');
    const arrive = async () => {
      const socket = uploading('b', LONG, LONG / 2);
      await once(socket, 'drain');
      return socket;
    };
    const closed = await expectNoticed(arrive, (socket) => socket.destroy());
    for (const each of closed) expect(each).toMatchObject({ ...aborted, paid: 'no', sentUs: null });
    first.destroy();
    await running.journal.closedAt(closed.length);
    expect(seen).toEqual(['/a']);
  });

  test('by a reset while more than is kept waits for a connection', async () => {
    await start();
    connected(request('GET /up/a'));
    await once(upstream, 'request');
    const arrive = async () => {
      const socket = uploading('b', TOO_LONG, TOO_LONG);
      await stuck(socket);
      return socket;
    };
    const closed = await expectNoticed(arrive, (socket) => socket.resetAndDestroy());
    for (const each of closed) {
      expect(each).toMatchObject({ ...aborted, paid: 'no' });
      expect(each.bytesIn).toBeLessThan(8 * MIB);
    }
  }, 20_000);
});

describe('a body that was held back arrives whole and in order', () => {
  const body = Buffer.alloc(12 * MIB);
  for (let at = 0; at < body.length; at += 4) body.writeUInt32LE(at, at);
  const expected = createHash('sha256').update(body).digest('hex');

  function chunked(): Buffer {
    const pieces: Buffer[] = [];
    for (let at = 0; at < body.length; at += 100_000) {
      const piece = body.subarray(at, at + 100_000);
      pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
    }
    return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
  }

  async function digested(head: string, bytes: Buffer): Promise<string> {
    const socket = connected(head);
    const received = new ReceivedBytes();
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.write(bytes);
    await received.until(() => received.bytes.includes(expected));
    return String(received.bytes).split('\r\n')[0] ?? '';
  }

  const digest: RequestListener = (incoming, response) => {
    setTimeout(async () => {
      const hash = createHash('sha256');
      for await (const chunk of incoming) hash.update(chunk);
      response.end(hash.digest('hex'));
    }, 300);
  };

  test('with a length', async () => {
    answer = digest;
    await start();
    const head = request('POST /up/a', [`Content-Length: ${body.length}`]);
    expect(await digested(head, body)).toBe('HTTP/1.1 200 OK');
    expect(await running.journal.closedAt(0)).toMatchObject({
      outcome: 'ok',
      bytesIn: body.length,
    });
  });

  test('in chunks', async () => {
    answer = digest;
    await start();
    const head = request('POST /up/a', ['Transfer-Encoding: chunked']);
    expect(await digested(head, chunked())).toBe('HTTP/1.1 200 OK');
    expect(await running.journal.closedAt(0)).toMatchObject({
      outcome: 'ok',
      bytesIn: body.length,
    });
  });

  test('after it has waited for a connection', async () => {
    answer = (incoming, response) => {
      if (incoming.url === '/first') setTimeout(() => response.end(), 300);
      else digest(incoming, response);
    };
    await start();
    connected(request('GET /up/first'));
    await once(upstream, 'request');
    const head = request('POST /up/a', [`Content-Length: ${body.length}`]);
    expect(await digested(head, body)).toBe('HTTP/1.1 200 OK');
  });
});

describe('an upstream that takes nothing of a long body', () => {
  test('is given up after a while: 504', async () => {
    await start({ uploadStallMs: 200 });
    const socket = uploading('a', TOO_LONG, TOO_LONG);
    const [head] = await once(socket, 'data');
    expect(String(head)).toContain('504 Gateway Timeout');
    expect(String(head)).toContain('took nothing of the request body for 200 ms');
    expect(await running.journal.closedAt(0)).toMatchObject({
      outcome: 'upstream_timeout',
      status: 504,
    });
  });

  test('has all the time it likes once it has taken it, or once the body has come', async () => {
    answer = (incoming, response) => {
      const read = () => incoming.resume().on('end', () => setTimeout(() => response.end(), 500));
      setTimeout(read, incoming.url === '/whole' ? 600 : 120);
    };
    await start({ uploadStallMs: 200, connections: 2 });
    const slow = uploading('a', TOO_LONG / 4, TOO_LONG / 4);
    const whole = uploading('whole', LONG, LONG);
    for (const [head] of await Promise.all([once(slow, 'data'), once(whole, 'data')])) {
      expect(String(head)).toContain('200 OK');
    }
  });
});
