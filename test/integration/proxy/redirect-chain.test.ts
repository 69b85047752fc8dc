import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { ParkedRequest } from '../../../src/ports/journal.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { type HttpUpstream, startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) {
    await thing.close();
  }
});

const answer = (response: ServerResponse, status: number, headers: object, body: string) =>
  response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);

/** Answers each leg with the next status: 303 leads on, anything else ends the call. */
async function modal(statuses: number[], location = (host: string) => `http://${host}/`) {
  const legs: string[] = [];
  const upstream = await startHttpUpstream((request: IncomingMessage, response) => {
    legs.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => {
      const status = statuses.shift() ?? 200;
      const id = { 'Modal-Function-Call-Id': 'fc-1', 'Content-Type': 'application/json' };
      if (status === 303) {
        const to = `${location(request.headers.host ?? '')}?__modal_function_call_id=fc-1`;
        answer(response, 303, { ...id, Location: to }, '');
      } else {
        answer(response, status, id, status === 200 ? '{"tokens_used":5}' : 'pending');
      }
    });
  });
  opened.push(upstream);
  return { upstream, legs };
}

async function proxyOf(
  upstream: HttpUpstream,
  options: Parameters<typeof startProxy>[1] = {},
  endpoint = {},
) {
  const settings = { bodyRule: 'lift-sys' as const, ...endpoint };
  const running = await startProxy([proxyEndpoint('generate', upstream.url, settings)], options);
  opened.push({ close: () => running.proxy.stop() });
  return running;
}

const post = (running: RunningProxy, redirect: 'follow' | 'manual' | 'error' = 'follow') =>
  fetch(`${running.url}/generate`, { method: 'POST', body: '{"prompt":"x"}', redirect });
const MANUAL = { redirect: 'manual' } as const;
const types = ({ journal }: RunningProxy) => journal.entries.map(({ type }) => type);

describe("a chain of Modal's redirects", () => {
  test.each([
    ['absolute', (host: string) => `http://${host}/`],
    ['absolute, of another scheme', (host: string) => `https://${host}/`],
    ['a path', () => '/'],
  ])('with %s locations is one request, through the proxy to its end', async (_name, location) => {
    const { upstream, legs } = await modal([303, 303, 200], location);
    const running = await proxyOf(upstream);
    const response = await post(running);
    expect(await response.text()).toBe('{"tokens_used":5}');
    expect(legs).toEqual([
      'POST /',
      'GET /?__modal_function_call_id=fc-1',
      'GET /?__modal_function_call_id=fc-1',
    ]);
    const closed = await running.journal.closedAt(0);
    expect(types(running)).toEqual(['opened', 'parked', 'parked', 'closed']);
    expect(closed).toMatchObject({
      outcome: 'ok',
      method: 'POST',
      legs: 3,
      functionCallId: 'fc-1',
      bytesIn: 14,
      tokensOut: 5,
    });
    // The container ran on between the legs.
    expect(closed.execEstimateUs).toBeGreaterThan(closed.durationUs - closed.overheadUs - 50_000);
    expect(closed.durationUs).toBeGreaterThanOrEqual(closed.lastByteUs ?? Number.NaN);
  });

  test('leaves a location that is relative to the request as it is', async () => {
    const { upstream } = await modal([303], () => '');
    const response = await post(await proxyOf(upstream), 'manual');
    expect(response.headers.get('location')).toBe('?__modal_function_call_id=fc-1');
  });

  test('keeps the form in which the client addressed the upstream', async () => {
    const { upstream } = await modal([303]);
    const running = await proxyOf(upstream);
    const host = new URL(upstream.url).host;
    const response = await fetch(`${running.url}/${host}/`, { redirect: 'manual' });
    expect(response.headers.get('location')).toBe(`/${host}/?__modal_function_call_id=fc-1`);
  });

  test('waits for a client that gets a 408 and asks again', async () => {
    const { upstream } = await modal([303, 408, 200]);
    const running = await proxyOf(upstream);
    expect((await post(running)).status).toBe(408);
    const again = await fetch(`${running.url}/generate?__modal_function_call_id=fc-1`);
    expect(again.status).toBe(200);
    expect((await running.journal.closedAt(0)).legs).toBe(3);
    expect(types(running)).toEqual(['opened', 'parked', 'parked', 'closed']);
  });

  test('that nobody follows ends as abandoned, with the grace on its cost', async () => {
    const { upstream } = await modal([303]);
    const running = await proxyOf(upstream, {
      redirectGraceSeconds: 0.05,
      abortGraceUs: 7_000_000,
    });
    await post(running, 'manual');
    const closed = await running.journal.closedAt(0);
    expect(closed).toMatchObject({ outcome: 'client_abort', status: 303, legs: 1 });
    expect(closed.upstreamEndUs).toBe(closed.durationUs + 7_000_000);
    expect(closed.execEstimateUs).toBeGreaterThanOrEqual(7_000_000);
    expect(running.proxy.stats().parked).toBe(0);
  });

  test('goes on in the next process after a restart between two legs', async () => {
    const { upstream } = await modal([303, 200]);
    const first = await proxyOf(upstream);
    await post(first, 'manual');
    const [parked] = first.journal.entries.flatMap((entry): ParkedRequest[] =>
      entry.type === 'parked' ? [entry.parked] : [],
    );
    await first.proxy.stop();
    opened.pop();
    const second = await proxyOf(upstream, {
      journal: new MemoryJournal(parked === undefined ? [] : [parked]),
    });
    expect(second.proxy.stats().parked).toBe(1);
    const response = await fetch(`${second.url}/generate?__modal_function_call_id=fc-1`);
    expect(response.headers.get('x-tripmeter-request-id')).toBe(parked?.request.id);
    await response.text();
    const closed = await second.journal.closedAt(0);
    expect(types(second)).toEqual(['closed']);
    expect(closed).toMatchObject({ id: parked?.request.id, outcome: 'ok', legs: 2, bytesIn: 14 });
    expect(closed.durationUs).toBeGreaterThan(parked?.parkedAtUs ?? Number.NaN);
    expect(closed.execEstimateUs).toBeGreaterThan(parked?.execEstimateUs ?? Number.NaN);
  });

  test.each([-3_600_000_000, 3_600_000_000])(
    'lasts as long as it does although the clock is set by %i µs meanwhile',
    async (stepUs) => {
      const HOP_US = 150_000_000;
      let [setByUs, passedUs] = [0, 0];
      const clock = {
        now: () => systemClock.now() + passedUs + setByUs,
        monotonic: () => systemClock.monotonic() + passedUs,
      };
      const { upstream } = await modal([303, 303, 200]);
      const running = await proxyOf(upstream, { clock });
      const startedUs = clock.monotonic();
      await post(running, 'manual');
      const follow = `${running.url}/generate?__modal_function_call_id=fc-1`;
      await fetch(follow, MANUAL);
      passedUs = HOP_US;
      setByUs = stepUs;
      await fetch(follow, MANUAL);
      const { durationUs, execEstimateUs } = await running.journal.closedAt(0);
      const wholeUs = clock.monotonic() - startedUs;
      for (const told of [durationUs, execEstimateUs]) {
        expect(told).toBeGreaterThanOrEqual(HOP_US);
        expect(told).toBeLessThanOrEqual(wholeUs);
      }
    },
  );

  test('whose endpoint has left the configuration meanwhile ends all the same', async () => {
    const { upstream } = await modal([303]);
    const first = await proxyOf(upstream);
    await post(first, 'manual');
    const parked = first.journal.entries.flatMap((entry) =>
      entry.type === 'parked' ? [entry.parked] : [],
    );
    await first.proxy.stop();
    opened.pop();
    const renamed = proxyEndpoint('renamed', upstream.url);
    const second = await startProxy([renamed], {
      journal: new MemoryJournal(parked),
      redirectGraceSeconds: 0.05,
    });
    opened.push({ close: () => second.proxy.stop() });
    const closed = await second.journal.closedAt(0);
    expect(closed).toMatchObject({ id: parked[0]?.request.id, outcome: 'client_abort' });
  });

  test('that two clients follow at once is closed once for each of them', async () => {
    const { upstream } = await modal([303, 303, 303]);
    const running = await proxyOf(upstream, { redirectGraceSeconds: 0.05 });
    await post(running, 'manual');
    const follow = `${running.url}/generate?__modal_function_call_id=fc-1`;
    await Promise.all([fetch(follow, MANUAL), fetch(follow, MANUAL)]);
    const ids = [await running.journal.closedAt(0), await running.journal.closedAt(1)];
    expect(new Set(ids.map(({ id }) => id)).size).toBe(2);
    expect(running.proxy.stats().parked).toBe(0);
  });

  test('of a client with a key is continued by that client alone, also after a restart', async () => {
    const { upstream } = await modal([303, 303, 200, 200]);
    const clients = ['alice', 'bob'].map((name) => ({
      name,
      keySha256: createHash('sha256').update(name).digest('hex'),
      requestsPerMinute: null,
      concurrency: null,
    }));
    const first = await proxyOf(upstream, { clients });
    const as = (key: string) => ({ headers: { 'x-tripmeter-key': key }, ...MANUAL });
    await fetch(`${first.url}/generate`, { method: 'POST', ...as('alice') });
    const follow = (running: RunningProxy, init: RequestInit) =>
      fetch(`${running.url}/generate?__modal_function_call_id=fc-1`, init);
    // Bob waits for the same call, on an account of his own.
    expect((await follow(first, as('bob'))).status).toBe(303);
    expect(first.proxy.stats().parked).toBe(2);
    const parked = first.journal.entries.flatMap((entry) =>
      entry.type === 'parked' ? [entry.parked] : [],
    );
    await first.proxy.stop();
    opened.pop();
    const journal = new MemoryJournal(parked);
    const second = await proxyOf(upstream, { clients, journal });
    const claim = { headers: { 'x-tripmeter-client': 'alice' }, ...MANUAL };
    expect((await follow(second, claim)).status).toBe(200);
    expect((await follow(second, as('alice'))).status).toBe(200);
    const [nobody, alice] = [await journal.closedAt(0), await journal.closedAt(1)];
    expect(nobody).toMatchObject({ client: null, method: 'GET', legs: 1 });
    expect(alice).toMatchObject({ client: 'alice', method: 'POST', legs: 2 });
    expect(alice.id).toBe(parked[0]?.request.id);
    expect(parked[1]?.request).toMatchObject({ client: 'bob', method: 'GET' });
    expect(second.proxy.stats().parked).toBe(1);
  });

  test('of a client that only says its name is continued by a follow-up that does not say it', async () => {
    const { upstream } = await modal([303, 200]);
    const running = await proxyOf(upstream);
    const headers = { 'x-tripmeter-client': 'alice' };
    await fetch(`${running.url}/generate`, { method: 'POST', headers, ...MANUAL });
    await fetch(`${running.url}/generate?__modal_function_call_id=fc-1`);
    expect(await running.journal.closedAt(0)).toMatchObject({ client: 'alice', legs: 2 });
  });

  test('of an unknown call is a request of its own', async () => {
    const { upstream } = await modal([200]);
    const running = await proxyOf(upstream);
    await fetch(`${running.url}/generate?__modal_function_call_id=fc-9`);
    expect(await running.journal.closedAt(0)).toMatchObject({ legs: 1, functionCallId: 'fc-1' });
  });

  test('is followed inside when so configured, and ends after 20 hops', async () => {
    const { upstream, legs } = await modal([303, 303, 200, ...Array(30).fill(303)]);
    const running = await proxyOf(upstream, {}, { follow303: true });
    const response = await post(running, 'error');
    expect(await response.text()).toBe('{"tokens_used":5}');
    expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', legs: 3 });
    legs.length = 0;
    expect((await post(running, 'manual')).status).toBe(303);
    expect(legs).toHaveLength(21);
    expect(await running.journal.closedAt(1)).toMatchObject({
      outcome: 'upstream_error',
      errorClass: 'modal_function_timeout',
      legs: 21,
    });
  });
});

test('any redirect of the upstream to itself keeps the client on the proxy', async () => {
  const upstream = await startHttpUpstream((request, response) => {
    const location = `http://${request.headers.host}${request.url}/`;
    response.writeHead(307, { Location: location }).end();
  });
  opened.push(upstream);
  const running = await proxyOf(upstream);
  const response = await fetch(`${running.url}/generate/v1/models?x`, { redirect: 'manual' });
  expect(response.headers.get('location')).toBe('/generate/v1/models?x/');
});
