import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';
import { freePort } from '../../support/chaos/free-port.ts';

const PATIENT = { timeout: 30_000, interval: 100 };

let upstream: Server;
let served: ServedProcess;
let config: Record<string, unknown>;

beforeEach(async () => {
  upstream = createServer((request, response) => {
    request.resume();
    response.end('{}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  config = {
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: { chat: { upstream: `http://127.0.0.1:${port}`, gpu: 'A100-80GB' } },
  };
  served = new ServedProcess(config);
});
afterEach(async () => {
  await served.close();
  upstream.close();
});

const ledgerFile = () => join(served.folder, 'data/ledger.db');

function lockedLedger(): BetterSqlite3.Database {
  mkdirSync(join(served.folder, 'data'), { recursive: true });
  const database = new BetterSqlite3(ledgerFile());
  database.exec('begin exclusive');
  return database;
}

async function send(proxyUrl: string): Promise<number> {
  const response = await fetch(`${proxyUrl}/chat/`);
  await response.text();
  return response.status;
}

async function answer(url: string): Promise<[status: number, body: string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

async function countRecorded(adminUrl: string): Promise<number> {
  const response = await fetch(`${adminUrl}/api/v1/requests?state=closed`).catch(() => null);
  if (response?.ok !== true) return -1;
  return ((await response.json()) as { requests: unknown[] }).requests.length;
}

test('a ledger that is locked keeps no request out, degrades, and gets every record once it is free', async () => {
  const other = lockedLedger();
  const { proxyUrl, adminUrl } = await served.serve();
  expect(await send(proxyUrl)).toBe(200);
  expect(served.stderr).toContain('the office cannot start');
  expect(served.stderr).toContain('database is locked. Another program holds the file');
  const [status, body] = await answer(`${adminUrl}/readyz`);
  expect(status).toBe(503);
  expect(JSON.parse(body)).toEqual({
    status: 'degraded',
    problems: [expect.stringContaining('database is locked')],
  });
  expect((await answer(`${adminUrl}/healthz`))[0]).toBe(200);
  expect((await answer(`${adminUrl}/metrics`))[1]).toMatch(
    /tripmeter_requests_total\{endpoint="chat",outcome="ok"\} 1\n[\s\S]*tripmeter_degraded 1/,
  );
  const [later, why] = await answer(`${adminUrl}/api/v1/requests`);
  expect([later, why]).toEqual([503, expect.stringContaining('database is locked')]);

  other.close();
  await expect.poll(() => countRecorded(adminUrl), PATIENT).toBe(1);
  expect(served.stderr).toContain('the office runs again');
  expect(await served.end('SIGTERM')).toBe(0);
  expect((await served.run('verify')).code).toBe(0);
}, 60_000);

test('a process that ends while its office cannot start ends in order, and the next one takes the rest in', async () => {
  const other = lockedLedger();
  const { proxyUrl } = await served.serve();
  expect(await send(proxyUrl)).toBe(200);
  expect(await served.end('SIGTERM')).toBe(0);
  other.close();
  const { adminUrl } = await served.serve();
  await expect.poll(() => countRecorded(adminUrl), PATIENT).toBe(1);
}, 60_000);

test('a file that is no ledger is named, with a way out, while requests pass', async () => {
  mkdirSync(join(served.folder, 'data'));
  writeFileSync(ledgerFile(), Buffer.alloc(8_192, 'no ledger at all'));
  const { proxyUrl, adminUrl } = await served.serve();
  expect(await send(proxyUrl)).toBe(200);
  expect(served.stderr).toContain('file is not a database. Put a backup in its place');
  expect(served.stderr).not.toContain('newer tripmeter');
  expect((await answer(`${adminUrl}/readyz`))[0]).toBe(503);
}, 60_000);

test('a ledger of a later version refuses the office, not the proxy', async () => {
  await served.serve();
  await served.end('SIGTERM');
  const database = new BetterSqlite3(ledgerFile());
  database.exec("insert into kysely_migration values ('2099-01-01T0000_later', '2099-01-01')");
  database.close();
  const { proxyUrl, adminUrl } = await served.serve();
  expect(await send(proxyUrl)).toBe(200);
  expect((await answer(`${adminUrl}/readyz`))[1]).toMatch(
    /2099-01-01T0000_later.*A ledger written by a newer tripmeter cannot be opened by an older one/,
  );
}, 60_000);

test('PostgreSQL that is away keeps no request out, and is not taken for a newer version', async () => {
  const url = `postgres://u:p@127.0.0.1:${await freePort()}/ledger`;
  const away = new ServedProcess(
    { ...config, ledger: { postgres: { env: 'LEDGER_URL' } } },
    'src/main.ts',
    { LEDGER_URL: url },
  );
  try {
    const { proxyUrl, adminUrl } = await away.serve();
    expect(await send(proxyUrl)).toBe(200);
    expect(away.stderr).toMatch(/ECONNREFUSED.*Check that PostgreSQL runs/);
    expect(away.stderr).not.toContain('newer tripmeter');
    expect((await answer(`${adminUrl}/readyz`))[1]).toContain('ECONNREFUSED');
    expect(await away.end('SIGTERM')).toBe(0);
  } finally {
    await away.close();
  }
}, 60_000);

test('a data directory that cannot be written forwards requests, and the exit code says what is lost', async (context) => {
  const dir = join(served.folder, 'data');
  mkdirSync(dir);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    return context.skip('no right to mount a file system here');
  }
  try {
    const { proxyUrl, adminUrl } = await served.serve();
    expect(await send(proxyUrl)).toBe(200);
    const [status, body] = await answer(`${adminUrl}/readyz`);
    expect(status).toBe(503);
    expect(body).toContain('the journal cannot be written');
    expect(body).toContain('the office does not run');
    expect(await served.end('SIGTERM')).toBe(1);
  } finally {
    await served.end('SIGKILL');
    execFileSync('umount', [dir]);
  }
}, 60_000);

test('an admin port that is taken still ends the start, and is named', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  const refused = new ServedProcess({ ...config, admin: { listen: `127.0.0.1:${port}` } });
  const { code, stderr } = await refused.run('serve');
  expect([code, stderr]).toEqual([1, expect.stringContaining(`${port} is in use`)]);
  await refused.close();
  taken.close();
}, 60_000);
