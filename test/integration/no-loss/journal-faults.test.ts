import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type JournalFs, nodeFs } from '../../../src/journal/segment-files.ts';
import { readLedger } from '../../support/chaos/chaos-run.ts';
import { freePort } from '../../support/chaos/free-port.ts';
import { type InProcessMeter, startMeter } from '../../support/chaos/in-process-meter.ts';
import { METER_DEFAULTS, MeterProcess } from '../../support/chaos/meter-process.ts';
import { proxyEndpoint } from '../../support/proxy/start-proxy.ts';
import { echo } from '../../support/sandbox/behaviours/echo.ts';
import { type Sandbox, startSandbox } from '../../support/sandbox/sandbox.ts';

let sandbox: Sandbox;
let meter: InProcessMeter | null = null;

beforeEach(async () => {
  sandbox = await startSandbox({ endpoints: { a: { behaviour: echo, maxInputs: 100 } } });
});
afterEach(async () => {
  await meter?.close();
  meter = null;
  await sandbox.close();
});

/** A file system whose writes fail while `code` is set. */
function faultyFs(): { readonly fs: JournalFs; code: string | null } {
  const state: { fs: JournalFs; code: string | null } = { fs: nodeFs, code: null };
  const fail = () => {
    if (state.code === null) return;
    throw Object.assign(new Error(`${state.code}: injected`), { code: state.code });
  };
  const writeSync = ((...given: Parameters<typeof nodeFs.writeSync>) => {
    fail();
    return nodeFs.writeSync(...given);
  }) as typeof nodeFs.writeSync;
  const openSync: typeof nodeFs.openSync = (...given) => {
    fail();
    return nodeFs.openSync(...given);
  };
  state.fs = { ...nodeFs, writeSync, openSync };
  return state;
}

const send = async (url: string) => {
  const response = await fetch(`${url}/a/x`, { method: 'POST', body: '{}' });
  await response.text();
  return response.status;
};

async function overwriteMiddle(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length / 2);
  bytes.fill(0xa5, middle, middle + 20);
  await writeFile(file, bytes);
}

const endpoints = () => [proxyEndpoint('a', sandbox.urlOf('a'), { bodyRule: 'none' })];

test.each(['ENOSPC', 'EIO', 'EROFS'])(
  '%s with policy forward: requests go on, their rows wait and come in when it is over',
  async (code) => {
    const disk = faultyFs();
    meter = await startMeter({ endpoints: endpoints(), fs: disk.fs });
    expect(await send(meter.url)).toBe(200);
    disk.code = code;
    for (let index = 0; index < 5; index += 1) expect(await send(meter.url)).toBe(200);
    const health = meter.journal.health();
    expect(health.ok).toBe(false);
    expect(health.entriesAtRisk).toBe(10);
    expect(health.lastError).toContain(code);
    disk.code = null;
    expect(await send(meter.url)).toBe(200);
    const rows = await meter.rows(7);
    expect(rows.map(({ outcome }) => outcome)).toEqual(Array(7).fill('ok'));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(7);
    expect(meter.journal.health()).toMatchObject({ ok: true, entriesAtRisk: 0 });
  },
);

test('ENOSPC with policy refuse: new requests get 503 and never reach the upstream', async () => {
  const disk = faultyFs();
  meter = await startMeter({ endpoints: endpoints(), fs: disk.fs, onJournalFailure: 'refuse' });
  expect(await send(meter.url)).toBe(200);
  disk.code = 'ENOSPC';
  expect(await send(meter.url)).toBe(503);
  expect(sandbox.log.exchanges).toHaveLength(1);
  disk.code = null;
  expect(await send(meter.url)).toBe(200);
  const rows = await meter.rows(2);
  expect(rows.filter(({ outcome }) => outcome === 'ok')).toHaveLength(2);
});

test('a journal that cannot be written from the start does not keep the proxy from serving', async () => {
  const disk = faultyFs();
  disk.code = 'EROFS';
  meter = await startMeter({ endpoints: endpoints(), fs: disk.fs });
  expect(await send(meter.url)).toBe(200);
  expect(meter.journal.health()).toMatchObject({ ok: false });
  disk.code = null;
  expect(await send(meter.url)).toBe(200);
  expect(await meter.rows(2)).toHaveLength(2);
});

test('a corrupt segment is set aside, its readable records are kept, and start-up goes on', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tripmeter-corrupt-'));
  const dir = join(dataDir, 'journal');
  try {
    const first = await startMeter({ endpoints: endpoints(), dataDir });
    for (let index = 0; index < 3; index += 1) await send(first.url);
    await first.close();
    const [segment = ''] = (await readdir(dir)).filter((name) => name.endsWith('.log'));
    await overwriteMiddle(join(dir, segment));
    const options = { ...METER_DEFAULTS, dataDir, port: await freePort() };
    const startedAt = performance.now();
    const second = await MeterProcess.start({ ...options, endpoints: { a: sandbox.urlOf('a') } });
    expect(second.running).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(await send(`http://127.0.0.1:${options.port}`)).toBe(200);
    expect(await second.stop()).toBe(0);
    const { rows } = await readLedger(dataDir);
    expect(rows.length).toBeGreaterThanOrEqual(3);
    expect(rows.at(-1)).toMatchObject({ outcome: 'ok' });
    expect((await readdir(dir)).some((name) => name.includes('quarantined'))).toBe(true);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
