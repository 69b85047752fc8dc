import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';

const KILLER = join(import.meta.dirname, '../../support/app/office-killer.ts');
const PATIENT = { timeout: 20_000, interval: 50 };

let upstream: Server;
let served: ServedProcess;
let folder: string;
let kill: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tripmeter-office-'));
  kill = join(folder, 'kill');
  upstream = createServer((request, response) => {
    request.resume();
    response.end('{}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  const config = {
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: { chat: { upstream: `http://127.0.0.1:${port}`, gpu: 'A100-80GB' } },
  };
  const env = { KILL_OFFICE: kill, NODE_OPTIONS: `--import ${KILLER}` };
  served = new ServedProcess(config, 'src/main.ts', env);
});
afterEach(async () => {
  await served.close();
  upstream.close();
  rmSync(folder, { recursive: true });
});

async function countRecorded(adminUrl: string): Promise<number> {
  const response = await fetch(`${adminUrl}/api/v1/requests?state=closed`).catch(() => null);
  const page = (await response?.json()) as { requests: unknown[] } | undefined;
  return page?.requests.length ?? -1;
}

test('an office thread that dies is told, started anew at its old port, and loses nothing', async () => {
  const { proxyUrl, adminUrl } = await served.serve();
  await (await fetch(`${proxyUrl}/chat/`)).text();
  await expect.poll(() => countRecorded(adminUrl), PATIENT).toBe(1);

  writeFileSync(kill, '');
  await expect.poll(() => served.stderr, PATIENT).toContain('the office has died');
  expect(served.stderr).toContain('killed by the test');
  // Somebody answers at the admin port meanwhile.
  await expect
    .poll(async () => (await fetch(`${adminUrl}/readyz`)).text(), PATIENT)
    .toContain('the office does not run, and is tried again: killed by the test');
  // The proxy serves on while there is no office; its journal keeps the record.
  expect((await fetch(`${proxyUrl}/chat/`)).status).toBe(200);
  await expect.poll(() => countRecorded(adminUrl), PATIENT).toBe(2);
  await expect.poll(async () => (await fetch(`${adminUrl}/readyz`)).status, PATIENT).toBe(503);
  expect(await (await fetch(`${adminUrl}/healthz`)).text()).toContain('killed by the test');
  expect(await (await fetch(`${adminUrl}/metrics`)).text()).toContain(
    'tripmeter_office_restarts_total 1',
  );

  expect(await served.end('SIGTERM')).toBe(0);
  expect((await served.run('verify')).code).toBe(0);
}, 60_000);

test('SIGTERM while the office is dead ends the process, and the next one takes the rest in', async () => {
  const { proxyUrl } = await served.serve();
  writeFileSync(kill, '');
  await expect.poll(() => served.stderr, PATIENT).toContain('the office has died');
  await (await fetch(`${proxyUrl}/chat/`)).text();
  await served.end('SIGTERM');
  const { adminUrl } = await served.serve();
  await expect.poll(() => countRecorded(adminUrl), PATIENT).toBe(1);
}, 60_000);
