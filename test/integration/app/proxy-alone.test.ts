import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';

const PATIENT = { timeout: 20_000, interval: 100 };

let upstream: Server;
let served: ServedProcess;

beforeEach(async () => {
  upstream = createServer((request, response) => {
    request.resume();
    // A path that hangs, for stops that must not wait.
    if (!request.url?.includes('hang')) response.end('{}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  served = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: { chat: { upstream: `http://127.0.0.1:${port}`, gpu: 'A100-80GB' } },
  });
});
afterEach(async () => {
  await served.close();
  upstream.closeAllConnections();
  upstream.close();
});

const aProxy = () => served.serve('--role', 'proxy', '--health-listen', '127.0.0.1:0');

test('a proxy alone tells its health and its metrics', async () => {
  const { proxyUrl, adminUrl } = await aProxy();
  await (await fetch(`${proxyUrl}/chat/`)).text();
  expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${adminUrl}/metrics`)).text()).toContain(
    'tripmeter_requests_total{endpoint="chat",outcome="ok"} 1',
  );
  expect((await served.run('serve', '--health-listen', '127.0.0.1:0')).code).toBe(2);
  expect(await served.end('SIGTERM')).toBe(0);
});

test('a journal that cannot be written is told, degrades, and makes the exit code say what is lost', async () => {
  // A file where the folder would be: no rights help against that.
  mkdirSync(join(served.folder, 'data'));
  writeFileSync(join(served.folder, 'data/journal'), '');
  const { proxyUrl, adminUrl } = await aProxy();
  await (await fetch(`${proxyUrl}/chat/`)).text();
  await expect.poll(() => served.stderr, PATIENT).toContain('the journal cannot be written');
  expect((await fetch(`${adminUrl}/readyz`)).status).toBe(503);
  expect(await served.end('SIGTERM')).toBe(1);
  expect(served.stderr).toMatch(/entriesLost":2/);
}, 60_000);

test('a second signal ends the process within moments', async () => {
  const { proxyUrl } = await served.serve();
  const hanging = expect(fetch(`${proxyUrl}/chat/hang`)).rejects.toThrow();
  await new Promise((resolve) => upstream.once('request', resolve));
  const gone = served.end('SIGTERM');
  await expect.poll(() => served.stderr, PATIENT).toContain('stopping');
  const began = performance.now();
  await served.end('SIGTERM');
  await gone;
  await hanging;
  expect(performance.now() - began).toBeLessThan(5_000);
}, 60_000);

test('records are for the owner and his group alone', async () => {
  await served.serve();
  const modeOf = (path: string) => statSync(join(served.folder, path)).mode & 0o007;
  expect(modeOf('data')).toBe(0);
  expect(modeOf('data/ledger.db')).toBe(0);
  expect(modeOf('data/ledger.db-wal')).toBe(0);
});
