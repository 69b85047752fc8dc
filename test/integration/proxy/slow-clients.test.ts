import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { UpstreamOptions } from '../../../src/proxy/proxy-settings.ts';
import { type HttpUpstream, startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request } from '../../support/transparency/transparency-case.ts';

/** More than the kernel takes on the way to a client that does not read. */
const LARGE = 32 * 1024 * 1024;
const LIMIT_MS = 200;
const PAUSE_MS = 500;

let upstream: HttpUpstream;
let running: RunningProxy;
let client: Socket;

afterEach(async () => {
  client.destroy();
  await running.proxy.stop();
  await upstream.close();
});

async function start(listener: RequestListener, options: Partial<UpstreamOptions>) {
  upstream = await startHttpUpstream(listener);
  running = await startProxy([proxyEndpoint('up', upstream.url, options)], { drainSeconds: 0 });
  client = connect(running.port, '127.0.0.1').on('error', () => {});
}

/** Reads nothing for a while, then all there is. @returns how many bytes. */
async function readLate(length: number): Promise<number> {
  client.pause();
  client.write(request('GET /up/a'));
  await sleep(PAUSE_MS);
  let seen = 0;
  for await (const chunk of client) {
    seen += chunk.length;
    if (seen >= length) break;
  }
  return seen;
}

describe('idleTimeout', () => {
  test('does not run while the client takes nothing', async () => {
    await start(
      (_, response) => {
        response.writeHead(200, { 'Content-Length': LARGE }).end(Buffer.alloc(LARGE));
      },
      { idleTimeoutMs: LIMIT_MS },
    );
    expect(await readLate(LARGE)).toBeGreaterThanOrEqual(LARGE);
    expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', bytesOut: LARGE });
  });

  test('runs again once the client has taken what there is', async () => {
    await start(
      (_, response) => {
        response.writeHead(200, { 'Content-Length': LARGE + 1 }).write(Buffer.alloc(LARGE));
      },
      { idleTimeoutMs: LIMIT_MS },
    );
    const startedAt = performance.now();
    await readLate(LARGE + 10_000);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(PAUSE_MS + LIMIT_MS - 20);
    expect(await running.journal.closedAt(0)).toMatchObject({
      outcome: 'upstream_timeout',
      bytesOut: LARGE,
    });
  });
});

describe('headersTimeout', () => {
  const half = request('POST /up/a', ['Content-Length: 4'], 'ab');

  test('does not run while the client has not sent its whole body', async () => {
    await start((incoming, response) => incoming.resume().on('end', () => response.end('fine')), {
      headersTimeoutMs: LIMIT_MS,
    });
    client.write(half);
    await sleep(PAUSE_MS);
    client.write('cd');
    expect(String((await once(client, 'data'))[0])).toContain('200 OK');
    expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', bytesIn: 4 });
  });

  test('runs from the last byte of the body on', async () => {
    await start(() => {}, { headersTimeoutMs: LIMIT_MS });
    client.write(half);
    await sleep(PAUSE_MS);
    const completeAt = performance.now();
    client.write('cd');
    expect(String((await once(client, 'data'))[0])).toContain('504 Gateway Timeout');
    expect(performance.now() - completeAt).toBeGreaterThanOrEqual(LIMIT_MS - 20);
    expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'upstream_timeout' });
  });

  test('runs while the upstream takes none of the body', async () => {
    await start(() => {}, { headersTimeoutMs: LIMIT_MS });
    client.write(request('POST /up/a', [`Content-Length: ${2 * LARGE}`]));
    client.write(Buffer.alloc(2 * LARGE));
    const text = String((await once(client, 'data'))[0]);
    expect(text).toContain('504 Gateway Timeout');
    expect(text).toContain(`took nothing of the request body for ${LIMIT_MS} ms`);
  });

  test('does not end a response that comes before the body is complete', async () => {
    await start((_, response) => void response.write('early'), { headersTimeoutMs: LIMIT_MS });
    client.write(half);
    await once(client, 'data');
    client.write('cd');
    await sleep(PAUSE_MS);
    expect(running.journal.closed).toEqual([]);
  });
});
