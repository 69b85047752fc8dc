import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectPrompt } from '../../support/prompt.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');
const cert = fixture('localhost.crt');

let server: Server;
let sessions: boolean[];
let running: RunningProxy | undefined;

beforeEach(async () => {
  sessions = [];
  server = createServer({ cert, key: fixture('localhost.key') }, (request, response) => {
    request.resume().on('end', () => response.end(request.headers.host));
  });
  server.on('secureConnection', (socket) => sessions.push(socket.isSessionReused()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  await running?.proxy.stop();
  server.closeAllConnections();
  server.close();
});

const upstream = () => `https://localhost:${(server.address() as AddressInfo).port}`;

test('an upstream with a certificate of a configured authority is reached, by name', async () => {
  running = await startProxy([proxyEndpoint('up', upstream(), { tlsCa: cert })]);
  const response = await fetch(`${running.url}/up/x`, { method: 'POST', body: 'x' });
  expect(await response.text()).toBe(new URL(upstream()).host);
});

test('an upstream that cannot be verified gets nothing, and the client a reason', async () => {
  running = await startProxy([proxyEndpoint('up', upstream())]);
  const response = await fetch(`${running.url}/up/x`, { method: 'POST', body: 'x' });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ errorClass: 'tls_failure', source: 'tripmeter' });
  expect(await running.journal.closedAt(0)).toMatchObject({
    outcome: 'connect_failed',
    paid: 'no',
  });
});

test('a later connection resumes the TLS session of an earlier one', async () => {
  running = await startProxy([proxyEndpoint('up', upstream(), { tlsCa: cert })]);
  await (await fetch(`${running.url}/up/x`)).text();
  // Closed by the upstream, as an idle one would be.
  const closed = once(server, 'session-end');
  server.once('request', (request) =>
    request.socket.once('close', () => server.emit('session-end')),
  );
  await (await fetch(`${running.url}/up/x`, { headers: { 'x-last': '1' } })).text();
  server.closeAllConnections();
  await closed;
  await (await fetch(`${running.url}/up/x`)).text();
  expect(sessions).toEqual([false, true]);
});

test('a client that leaves is known upstream within 100 ms, over TLS as well', async () => {
  running = await startProxy([proxyEndpoint('up', upstream(), { tlsCa: cert })]);
  server.removeAllListeners('request');
  await expectPrompt(async () => {
    const leave = new AbortController();
    const asked = once(server, 'request');
    const left = fetch(`${running?.url}/up/x`, { signal: leave.signal }).catch(() => 'left');
    const [{ socket }] = await asked;
    const gone = once(socket, 'close');
    const leftAt = performance.now();
    leave.abort();
    await gone;
    const taken = performance.now() - leftAt;
    expect(await left).toBe('left');
    return taken;
  });
  expect(await running.journal.closedAt(4)).toMatchObject({ outcome: 'client_abort' });
});
