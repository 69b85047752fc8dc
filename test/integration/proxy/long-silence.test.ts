import { type Channel, channel } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type ProxyLimits } from '../../../src/proxy/proxy-settings.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request } from '../../support/transparency/transparency-case.ts';
import { RecordingUpstream } from '../../support/wire/recording-upstream.ts';
import { runClient } from '../../support/wire/wire-client.ts';
import type { WireStep } from '../../support/wire/wire-script.ts';

/**
 * A cold start takes seven minutes, a long generation more. Node's server gives a request 300 s, common clients
 * give a head and each pause 300 s. None of them may be in the way, and a timeout that is configured beyond
 * them must be the one that counts.
 */

let upstream: RecordingUpstream;
let running: RunningProxy | null = null;

beforeEach(async () => {
  upstream = new RecordingUpstream();
  await upstream.listen();
});
afterEach(async () => {
  await running?.proxy.stop();
  running = null;
  await upstream.close();
});

async function start(endpoint = {}, limits: Partial<ProxyLimits> = {}): Promise<RunningProxy> {
  const url = `http://127.0.0.1:${upstream.port}`;
  running = await startProxy([proxyEndpoint('up', url, endpoint)], {
    limits: { ...DEFAULT_LIMITS, ...limits },
    drainSeconds: 0,
  });
  return running;
}

const SILENCE: WireStep = { awaitText: 'what never comes' };
const STREAM = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n';
const SWITCH = 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\na';

interface Seen {
  readonly socket: Socket & { readonly server?: Server };
}

/** The sockets that the process opens and accepts while `act` runs. */
async function socketsOf(act: () => Promise<void>): Promise<{ dialled: Seen[]; accepted: Seen[] }> {
  const dialled: Seen[] = [];
  const accepted: Seen[] = [];
  const into = (list: Seen[]) => (message: unknown) => void list.push(message as Seen);
  const taps: [Channel, (message: unknown) => void][] = [
    [channel('net.client.socket'), into(dialled)],
    [channel('net.server.socket'), into(accepted)],
  ];
  for (const [from, tap] of taps) from.subscribe(tap);
  await act();
  for (const [from, tap] of taps) from.unsubscribe(tap);
  return { dialled, accepted };
}

describe('while an upstream is silent, no timer runs', () => {
  test.each([
    ['before its head', ['await-body', SILENCE], request('GET /up/a'), null],
    ['within a stream', ['await-body', STREAM, SILENCE], request('GET /up/a'), 'chunked'],
    ['within a tunnel', ['await-body', SWITCH, SILENCE], tunnelRequest(), '101'],
    ['while a body comes', [SILENCE], request('POST /up/a', ['Content-Length: 9'], 'half'), null],
  ] as const)('%s', async (_, steps, bytes, awaited) => {
    const { port } = await start();
    upstream.reset({ '*': steps });
    const client = connect(port, '127.0.0.1').on('error', () => {});
    const { dialled, accepted } = await socketsOf(async () => {
      client.write(bytes);
      await upstream.received();
      let seen = '';
      while (awaited !== null && !seen.includes(awaited)) {
        seen += await new Promise((resolve) => client.once('data', resolve));
      }
    });
    const toUpstream = dialled.filter(({ socket }) => socket.remotePort === upstream.port);
    const fromClient = accepted.filter(({ socket }) => socket.localPort === port);
    expect([toUpstream.length, fromClient.length]).toEqual([1, 1]);
    expect([...toUpstream, ...fromClient].map(({ socket }) => socket.timeout ?? 0)).toEqual([0, 0]);
    // For a head alone; a whole request may take as long as it likes.
    expect(fromClient[0]?.socket.server).toMatchObject({
      timeout: 0,
      requestTimeout: 0,
      headersTimeout: 30_000,
      keepAliveTimeout: 75_000,
    });
    client.destroy();
  });
});

function tunnelRequest(): string {
  return request('GET /up/a', ['Connection: Upgrade', 'Upgrade: x']);
}

/** A thousandth of: 30 s for a head, 75 s for an idle client, 600 s configured for the upstream. */
const scaled = () =>
  start(
    { headersTimeoutMs: 600, idleTimeoutMs: 600, keepAliveMs: 4 },
    { headersTimeoutMs: 30, keepAliveTimeoutMs: 75 },
  );

describe('at a thousandth of all times', () => {
  test('an answer after 400 s, with a pause of 400 s in it, comes through', async () => {
    const { port, journal } = await scaled();
    const pause = { pauseMs: 400 };
    upstream.reset({ '*': ['await-body', pause, STREAM, pause, '1\r\nb\r\n0\r\n\r\n'] });
    const steps = [request('POST /up/a', ['Content-Length: 2'], '{}')];
    const { responses } = await runClient(port, { steps, methods: ['POST'] });
    expect(responses.map(({ body, complete }) => [String(body), complete])).toEqual([['ab', true]]);
    const closed = await journal.closedAt(0);
    expect(closed).toMatchObject({ outcome: 'ok', status: 200 });
    expect(closed.firstByteUs).toBeGreaterThan(390_000);
    expect(closed.durationUs).toBeGreaterThan(780_000);
  });

  test('a body that takes 400 s comes through', async () => {
    const { port, journal } = await scaled();
    upstream.reset({});
    const steps = [
      request('POST /up/a', ['Content-Length: 2'], 'a'),
      { pauseMs: 200 },
      { pauseMs: 200 },
      'b',
    ];
    const { responses } = await runClient(port, { steps, methods: ['POST'] });
    expect(responses.map(({ startLine }) => startLine)).toEqual(['HTTP/1.1 200 OK']);
    expect(await journal.closedAt(0)).toMatchObject({ outcome: 'ok', bytesIn: 2 });
  });

  test('700 s of silence end at the 600 s that are configured', async () => {
    const { port, journal } = await scaled();
    upstream.reset({ '*': ['await-body', { pauseMs: 700 }, STREAM] });
    const { responses } = await runClient(port, {
      steps: [request('GET /up/a')],
      methods: ['GET'],
    });
    expect(responses[0]?.startLine).toContain('504');
    const closed = await journal.closedAt(0);
    expect(closed).toMatchObject({ outcome: 'upstream_timeout', status: 504 });
    expect(closed.durationUs).toBeGreaterThan(590_000);
  });
});
