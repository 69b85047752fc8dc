import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ParkedRequest } from '../../../src/ports/journal.ts';
import type { ProxySettings, UpstreamOptions } from '../../../src/proxy/proxy-settings.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request, response } from '../../support/transparency/transparency-case.ts';
import { RecordingUpstream } from '../../support/wire/recording-upstream.ts';
import type { WireStep } from '../../support/wire/wire-script.ts';

const CALL = '/?__modal_function_call_id=fc-1';
const HANG: WireStep = { awaitText: 'what never comes' };
const GRACE_US = 7_000_000;
const answers = (status: string, headers: readonly string[] = [], body = ''): WireStep[] => [
  'await-body',
  response(status, headers, body),
];
const REDIRECT = answers('303 See Other', [`Location: ${CALL}`, 'Modal-Function-Call-Id: fc-1']);
const DONE = answers('200 OK', ['Content-Type: application/json'], '{"tokens_used":5}');

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

async function start(
  options: Partial<UpstreamOptions> = {},
  settings: Partial<ProxySettings> = {},
): Promise<void> {
  const endpoint = proxyEndpoint('up', `http://127.0.0.1:${upstream.port}`, {
    bodyRule: 'lift-sys',
    ...options,
  });
  running = await startProxy([endpoint], {
    drainSeconds: 0,
    abortGraceUs: GRACE_US,
    ...settings,
  });
}

/** The call is under way, and the next that ask for it get `followUp`. */
async function callRuns(followUp: readonly WireStep[]): Promise<void> {
  upstream.scripts = { '/': REDIRECT, [CALL]: followUp };
  const first = await fetch(`${running.url}/up/`, {
    method: 'POST',
    body: '{}',
    redirect: 'manual',
  });
  expect(first.status).toBe(303);
}

const ask = () => fetch(`${running.url}/up${CALL}`);

async function askAndLeave(): Promise<void> {
  const socket = connect(running.port, '127.0.0.1');
  socket.write(request(`GET /up${CALL}`), 'latin1');
  await upstream.received(2);
  socket.destroy();
}

const parked = (): ParkedRequest[] =>
  running.journal.entries.flatMap((entry) => (entry.type === 'parked' ? [entry.parked] : []));
const types = () => running.journal.entries.map(({ type }) => type);

/** Resolves when the request has been parked so often. */
async function parkedTimes(count: number): Promise<void> {
  await running.journal.entry(() => parked().length >= count);
}

const asksAgain = async (): Promise<void> => {
  upstream.scripts = { [CALL]: DONE };
  const again = await ask();
  expect([again.status, await again.text()]).toEqual([200, '{"tokens_used":5}']);
};

async function expectOneRecord(): Promise<void> {
  expect(await running.journal.closedAt(0)).toMatchObject({
    id: parked()[0]?.request.id,
    method: 'POST',
    outcome: 'ok',
    paid: 'yes',
    status: 200,
    legs: 3,
    tokensOut: 5,
    bytesIn: 2,
    functionCallId: 'fc-1',
    upstreamEndUs: null,
  });
  expect(types()).toEqual(['opened', 'parked', 'parked', 'closed']);
  expect(running.proxy.stats()).toMatchObject({ parked: 0, endpoints: [{ inFlight: 0 }] });
}

describe("a wait for Modal's call that breaks off and is taken up again stays one request, when", () => {
  test('the client left', async () => {
    await start();
    await callRuns([HANG]);
    await askAndLeave();
    await parkedTimes(2);
    await asksAgain();
    await expectOneRecord();
  });

  test('the upstream reset the connection', async () => {
    await start();
    await callRuns(['await-body', 'reset']);
    expect((await ask()).status).toBe(502);
    await asksAgain();
    await expectOneRecord();
  });

  test('the upstream was silent for too long', async () => {
    await start({ headersTimeoutMs: 50 });
    await callRuns(['await-body', HANG]);
    expect((await ask()).status).toBe(504);
    await asksAgain();
    await expectOneRecord();
  });

  test('the answer was cut', async () => {
    await start();
    const part = 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\npart';
    await callRuns(['await-body', part, { pauseMs: 20 }, 'reset']);
    await expect(ask().then((cut) => cut.text())).rejects.toThrow();
    await parkedTimes(2);
    await asksAgain();
    await expectOneRecord();
  });

  test('redirects are followed here, and the client had the id from a 408', async () => {
    await start({ follow303: true });
    upstream.scripts = { '/': REDIRECT, [CALL]: answers('408 Request Timeout') };
    const first = await fetch(`${running.url}/up/`, { method: 'POST', body: '{}' });
    expect(first.status).toBe(408);
    upstream.scripts = { [CALL]: ['await-body', 'reset'] };
    expect((await ask()).status).toBe(502);
    await asksAgain();
    expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', legs: 4 });
    expect(types()).toEqual(['opened', 'parked', 'parked', 'closed']);
  });

  test('the process was killed after it, hours ago', async () => {
    await start();
    await callRuns([HANG]);
    await askAndLeave();
    await parkedTimes(2);
    const [, last] = parked();
    if (last === undefined) throw new Error('nothing is parked');
    await running.proxy.stop();
    const startedAt = last.request.startedAt - 7_200_000_000;
    const left = { ...last, request: { ...last.request, startedAt } };
    await start({}, { journal: new MemoryJournal([left]) });
    expect(running.proxy.stats().parked).toBe(1);
    // Broken once more here: what the first process measured is kept.
    upstream.scripts = { [CALL]: ['await-body', 'reset'] };
    expect((await ask()).status).toBe(502);
    await asksAgain();
    const closed = await running.journal.closedAt(0);
    expect(closed).toMatchObject({ id: last.request.id, outcome: 'ok', legs: 4 });
    expect(closed.durationUs).toBeGreaterThan(7_200_000_000);
    // The container ran on all the while, in that process and in this one.
    expect(closed.execEstimateUs).toBeGreaterThan(7_200_000_000 - 100_000);
    expect(types()).toEqual(['parked', 'closed']);
  });
});

describe('a wait that breaks off and is not taken up again ends', () => {
  test('where the client left, with the grace on its cost', async () => {
    await start({}, { redirectGraceSeconds: 0.05 });
    await callRuns([HANG]);
    await askAndLeave();
    const closed = await running.journal.closedAt(0);
    const [first, second] = parked();
    expect(closed).toMatchObject({
      id: first?.request.id,
      outcome: 'client_abort',
      errorClass: 'client_abort',
      paid: 'yes',
      status: 303,
      legs: 2,
      bytesIn: 2,
      durationUs: second?.parkedAtUs,
      upstreamEndUs: (second?.parkedAtUs ?? Number.NaN) + GRACE_US,
    });
    expect(closed.durationUs).toBeGreaterThan(first?.parkedAtUs ?? Number.NaN);
    expect(closed.execEstimateUs).toBe((second?.execEstimateUs ?? Number.NaN) + GRACE_US);
    expect(types()).toEqual(['opened', 'parked', 'parked', 'closed']);
  });

  test('as the failure of the upstream that the client was told', async () => {
    await start({}, { redirectGraceSeconds: 0.05 });
    await callRuns(['await-body', 'reset']);
    expect((await ask()).status).toBe(502);
    expect(await running.journal.closedAt(0)).toMatchObject({
      outcome: 'upstream_reset',
      errorClass: 'upstream_reset',
      paid: 'yes',
      status: 502,
      legs: 2,
    });
  });

  test('with what of the answer had come', async () => {
    await start({}, { redirectGraceSeconds: 0.05 });
    const part = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\npart';
    await callRuns(['await-body', part, { pauseMs: 20 }, 'reset']);
    await expect(ask().then((cut) => cut.text())).rejects.toThrow();
    const closed = await running.journal.closedAt(0);
    expect(closed).toMatchObject({ status: 200, bytesOut: 4, contentType: 'text/plain' });
    expect(closed.firstByteUs).toBeGreaterThan(parked()[0]?.parkedAtUs ?? Number.NaN);
  });
});

test('a chain that is followed here and breaks ends at once: its client knows no call', async () => {
  await start({ follow303: true });
  upstream.scripts = { '/': REDIRECT, [CALL]: ['await-body', 'reset'] };
  const failed = await fetch(`${running.url}/up/`, { method: 'POST', body: '{}' });
  expect(failed.status).toBe(502);
  expect(await running.journal.closedAt(0)).toMatchObject({
    outcome: 'upstream_reset',
    paid: 'yes',
    legs: 2,
  });
  expect(types()).toEqual(['opened', 'closed']);
});
