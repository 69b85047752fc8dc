import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { ProxyEndpoint, ProxySettings } from '../../../src/proxy/proxy-settings.ts';
import { startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { saidTo } from '../../support/wire/said-to.ts';

const HEADER = 'x-tripmeter-request-id';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) {
    await close();
  }
});

/** A proxy in front of a port where nothing listens any more. */
async function inFrontOfNothing(
  settings: Partial<ProxySettings> = {},
  endpoint: Partial<ProxyEndpoint> = {},
): Promise<RunningProxy> {
  const gone = await startHttpUpstream(() => {});
  await gone.close();
  const running = await startProxy([proxyEndpoint('up', gone.url, endpoint)], settings);
  opened.push(() => running.proxy.stop());
  return running;
}

const app = {
  name: 'app',
  keySha256: createHash('sha256').update('secret').digest('hex'),
  requestsPerMinute: null,
  concurrency: 0,
};

const refusals: readonly (readonly [string, number, Partial<ProxySettings>, HeadersInit])[] = [
  ['a key that is missing', 401, { clients: [app], requireKey: true }, {}],
  ['a budget that is used up', 402, { budget: () => 'refuse' }, {}],
  ['a limit that is reached', 429, { clients: [app] }, { 'x-tripmeter-key': 'secret' }],
  ['an upstream that is not there', 502, {}, {}],
];

test.each(refusals)('the answer to %s carries the id of its record', async (...refusal) => {
  const [, status, settings, headers] = refusal;
  const running = await inFrontOfNothing(settings);
  const response = await fetch(`${running.url}/up/x`, { headers });
  expect(response.status).toBe(status);
  const { id } = await running.journal.closedAt(0);
  expect(response.headers.get(HEADER)).toBe(id);
  expect(await response.json()).toMatchObject({ requestId: id });
});

test('the answer to an upstream that is silent for too long carries the id of its record', async () => {
  const silent = await startHttpUpstream(() => {});
  opened.push(() => silent.close());
  const endpoint = proxyEndpoint('up', silent.url, { headersTimeoutMs: 50 });
  const running = await startProxy([endpoint]);
  opened.push(() => running.proxy.stop());
  const response = await fetch(`${running.url}/up/x`);
  expect(response.status).toBe(504);
  expect(response.headers.get(HEADER)).toBe((await running.journal.closedAt(0)).id);
});

test('the refusal of a WebSocket carries the id of its record', async () => {
  const running = await inFrontOfNothing({ budget: () => 'refuse' });
  const head = await saidTo(
    running.port,
    'GET /up/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  const { id } = await running.journal.closedAt(0);
  expect(head).toMatch(/^HTTP\/1\.1 402 /);
  expect(head).toContain(`${HEADER}: ${id}\r\n`);
});

test('what has no record is answered without an id', async () => {
  const running = await inFrontOfNothing();
  const unknown = await fetch(`${running.url}/elsewhere/x`);
  expect([unknown.status, unknown.headers.has(HEADER)]).toEqual([404, false]);
  const malformed = await saidTo(running.port, 'GET /up/x HTTP/1.1\r\nBad Header: a\r\n\r\n');
  expect(malformed).toMatch(/^HTTP\/1\.1 400 /);
  expect(malformed).not.toContain(HEADER);
  expect(running.journal.entries).toEqual([]);
});

test('with proxy.responseHeaders off the id is in the body alone', async () => {
  const running = await inFrontOfNothing({ responseHeaders: false });
  const response = await fetch(`${running.url}/up/x`);
  const { id } = await running.journal.closedAt(0);
  expect(response.headers.has(HEADER)).toBe(false);
  expect(await response.json()).toMatchObject({ requestId: id });
});
