import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UpstreamOptions } from '../../../src/proxy/proxy-settings.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request, response } from '../../support/transparency/transparency-case.ts';
import { RecordingUpstream } from '../../support/wire/recording-upstream.ts';
import type { WireStep } from '../../support/wire/wire-script.ts';

const CALL = '/?__modal_function_call_id=fc-1';
const HANG: WireStep = { awaitText: 'what never comes' };
const COLD: readonly WireStep[] = ['await-body', response('503 Service Unavailable')];
const REDIRECT: readonly WireStep[] = [
  'await-body',
  response('303 See Other', [`Location: ${CALL}`]),
];
const slow = (ms: number): WireStep[] => [
  'await-body',
  { pauseMs: ms },
  response('200 OK', [], 'done'),
];

let upstream: RecordingUpstream;
let running: RunningProxy;

beforeEach(async () => {
  upstream = new RecordingUpstream();
  await upstream.listen();
});
afterEach(async () => {
  await running.proxy.stop();
  await upstream.close();
});

async function start(options: Partial<UpstreamOptions>): Promise<void> {
  const url = `http://127.0.0.1:${upstream.port}`;
  running = await startProxy([proxyEndpoint('up', url, options)], { drainSeconds: 0 });
}

/** Leaves once the upstream has seen so many requests. */
async function leaveAfter(requests: number): Promise<void> {
  const socket = connect(running.port, '127.0.0.1');
  socket.write(request('GET /up/'), 'latin1');
  await upstream.received(requests);
  socket.destroy();
}

test('the first byte of a cold server is that of its answer, not of its refusals', async () => {
  await start({ retryCold503: { attempts: 1, delayMs: 150 } });
  upstream.scripts = { '/': COLD };
  const answer = fetch(`${running.url}/up/`);
  await upstream.received(1);
  upstream.scripts = { '/': slow(0) };
  expect((await answer).status).toBe(200);
  const closed = await running.journal.closedAt(0);
  expect(closed).toMatchObject({ outcome: 'ok', status: 200, retries: 1 });
  expect(closed.firstByteUs).toBeGreaterThan((closed.sentUs ?? Number.NaN) + 140_000);
});

test('the first byte of a chain that is followed here is that of its last leg', async () => {
  await start({ follow303: true });
  upstream.scripts = { '/': REDIRECT, [CALL]: slow(150) };
  expect((await fetch(`${running.url}/up/`)).status).toBe(200);
  const closed = await running.journal.closedAt(0);
  expect(closed).toMatchObject({ outcome: 'ok', status: 200, legs: 2 });
  expect(closed.firstByteUs).toBeGreaterThan((closed.sentUs ?? Number.NaN) + 140_000);
});

test('a cold 503 that is the last one is an answer, with its own first byte', async () => {
  await start({ retryCold503: { attempts: 1, delayMs: 150 } });
  upstream.scripts = { '/': COLD };
  expect((await fetch(`${running.url}/up/`)).status).toBe(503);
  const closed = await running.journal.closedAt(0);
  expect(closed).toMatchObject({ outcome: 'upstream_error', status: 503, retries: 1 });
  expect(closed.firstByteUs).toBeGreaterThan((closed.sentUs ?? Number.NaN) + 140_000);
});

test('a client that leaves after a refusal has had no answer, and nobody can tell what it cost', async () => {
  await start({ retryCold503: { attempts: 1, delayMs: 5 } });
  upstream.scripts = { '/': COLD };
  const left = leaveAfter(2);
  await upstream.received(1);
  upstream.scripts = { '/': [HANG] };
  await left;
  expect(await running.journal.closedAt(0)).toMatchObject({
    outcome: 'client_abort',
    paid: 'unknown',
    status: null,
    firstByteUs: null,
    retries: 1,
  });
});

test('a client that leaves a chain that is followed here has had no answer, but a call that ran', async () => {
  await start({ follow303: true });
  upstream.scripts = { '/': REDIRECT, [CALL]: [HANG] };
  await leaveAfter(2);
  expect(await running.journal.closedAt(0)).toMatchObject({
    outcome: 'client_abort',
    paid: 'yes',
    status: null,
    firstByteUs: null,
    legs: 2,
  });
});
