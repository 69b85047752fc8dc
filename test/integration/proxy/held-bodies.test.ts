import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type UpstreamOptions } from '../../../src/proxy/proxy-settings.ts';
import { type HttpUpstream, startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request } from '../../support/transparency/transparency-case.ts';

const MIB = 1024 * 1024;
const HELD = 100_000;
/** Two of them are more than may be held at once. */
const BODY = 60_000;

let upstream: HttpUpstream;
let running: RunningProxy;
const clients: Socket[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await running.proxy.stop();
  await upstream.close();
});

async function start(listener: RequestListener, options: Partial<UpstreamOptions> = {}) {
  upstream = await startHttpUpstream(listener);
  running = await startProxy([proxyEndpoint('up', upstream.url, options)], {
    drainSeconds: 0,
    limits: { ...DEFAULT_LIMITS, heldBytes: HELD },
  });
}

const signBody = { key: Buffer.from('k') };
const echoLength: RequestListener = (incoming, response) => {
  let length = 0;
  incoming.on('data', (chunk: Buffer) => {
    length += chunk.length;
  });
  incoming.on('end', () => response.end(String(length)));
};

function connected(bytes: string): Socket {
  const socket = connect(running.port, '127.0.0.1').on('error', () => {});
  clients.push(socket);
  socket.write(bytes, 'latin1');
  return socket;
}

const head = (length: number) => request('POST /up/a', [`Content-Length: ${length}`]);
const answerOf = async (socket: Socket) => String((await once(socket, 'data'))[0]);
const post = () =>
  fetch(`${running.url}/up/a`, { method: 'POST', body: Buffer.alloc(BODY) }).then(
    async (response) => ({ status: response.status, text: await response.text() }),
  );

/** What the upstream has been asked so far, each with its body complete. */
class Asked {
  readonly #all: { incoming: IncomingMessage; response: ServerResponse }[] = [];
  readonly listener: RequestListener = (incoming, response) => {
    incoming.resume().on('end', () => {
      this.#all.push({ incoming, response });
      incoming.emit('asked');
    });
  };
  async next(during: () => void): Promise<ServerResponse> {
    const arrived = once(upstream.server, 'request');
    during();
    const [incoming] = (await arrived) as [IncomingMessage];
    await once(incoming, 'asked');
    const last = this.#all.at(-1);
    if (last === undefined) throw new Error('nothing was asked');
    return last.response;
  }
}

describe('bodies that are held whole', () => {
  test('are refused with 503 when all of them together take too much, and pass again later', async () => {
    await start(echoLength, { signBody });
    const first = connected(head(BODY) + 'x'.repeat(BODY - 1));
    await running.journal.entry(({ type }) => type === 'opened');
    const { status, text } = await post();
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ source: 'tripmeter', errorClass: 'queue_full' });
    const refused = await running.journal.closedAt(0);
    expect(refused).toMatchObject({ outcome: 'rejected', paid: 'no', sentUs: null });
    first.write('x');
    expect(await answerOf(first)).toContain('200 OK');
    for (let index = 0; index < 3; index += 1) {
      expect(await post()).toEqual({ status: 200, text: String(BODY) });
    }
  });

  test('count no more once they are sent, however long the answer takes', async () => {
    const asked = new Asked();
    await start(asked.listener, { signBody });
    const waiting: Promise<{ status: number }>[] = [];
    const responses: ServerResponse[] = [];
    for (let index = 0; index < 3; index += 1) {
      responses.push(await asked.next(() => void waiting.push(post())));
    }
    for (const response of responses) response.end();
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200]);
  });

  test('count until the answer begins when they may have to be sent again', async () => {
    const asked = new Asked();
    await start(asked.listener, { retryCold503: { attempts: 2, delayMs: 5 } });
    const first: Promise<{ status: number }>[] = [];
    const response = await asked.next(() => void first.push(post()));
    expect((await post()).status).toBe(503);
    response.write('it begins');
    await running.journal.closedAt(0);
    const second: Promise<{ status: number }>[] = [];
    const next = await asked.next(() => void second.push(post()));
    response.end();
    next.end();
    expect((await Promise.all([...first, ...second])).map(({ status }) => status)).toEqual([
      200, 200,
    ]);
  });

  test('are refused before they are sent when their length says that they are too long', async () => {
    await start(echoLength, { signBody });
    expect(await answerOf(connected(head(64 * MIB + 1)))).toContain('413 Content Too Large');
    expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'rejected', bytesIn: 0 });
  });
});

test('a body that nobody wants any more is not read without end', async () => {
  await start((_, response) => response.end('no, thanks'));
  const client = connected(request('POST /up/a', ['Content-Length: 10000000000']));
  expect(await answerOf(client)).toContain('no, thanks');
  client.resume();
  let sent = 0;
  const piece = Buffer.alloc(MIB);
  // Not `once` of node:events, which a reset would reject.
  const closed = new Promise((resolve) => client.once('close', resolve));
  const send = (error?: Error | null): void => {
    if (error || sent >= 300 * MIB) return;
    sent += MIB;
    client.write(piece, send);
  };
  send();
  await closed;
  expect(sent).toBeGreaterThan(60 * MIB);
  expect(sent).toBeLessThan(200 * MIB);
});
