import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLedger, startChaosSandbox } from '../../support/chaos/chaos-run.ts';
import { ChaosTraffic, type TrafficKind } from '../../support/chaos/chaos-traffic.ts';
import { compareRecords } from '../../support/chaos/compare-records.ts';
import { freePort } from '../../support/chaos/free-port.ts';
import {
  METER_DEFAULTS,
  type MeterOptions,
  MeterProcess,
} from '../../support/chaos/meter-process.ts';
import type { Sandbox } from '../../support/sandbox/sandbox.ts';

let sandbox: Sandbox;
let dataDir: string;
let port: number;

beforeEach(async () => {
  sandbox = await startChaosSandbox();
  dataDir = await mkdtemp(join(tmpdir(), 'tripmeter-stop-'));
  port = await freePort();
});
afterEach(async () => {
  await sandbox.close();
  await rm(dataDir, { recursive: true });
});

const meter = (overrides: Partial<MeterOptions> = {}) =>
  MeterProcess.start({
    ...METER_DEFAULTS,
    dataDir,
    port,
    endpoints: { chat: sandbox.urlOf('chat'), solve: sandbox.urlOf('solve') },
    redirectGraceSeconds: 1,
    ...overrides,
  });

const traffic = (kinds: readonly TrafficKind[]) =>
  new ChaosTraffic({ baseUrl: `http://127.0.0.1:${port}`, workers: 8, prefix: 'stop', kinds });

const PROGRAMS = ['composition', 'service'] as const;

test.each(PROGRAMS)(
  'SIGTERM under load lets running requests end, keeps every row and exits 0 (%s)',
  async (program) => {
    const process = await meter({ program, adminPort: await freePort() });
    const load = traffic(['json', 'sse', 'upload', 'abort']);
    await sandbox.log.until(() => sandbox.log.calls.length > 60);
    expect(await process.stop()).toBe(0);
    await load.stop();
    const { rows, findings } = await readLedger(dataDir);
    const { lost, doubled, wrong, byOutcome } = compareRecords(load.records, sandbox.log, rows);
    expect(rows.length).toBeGreaterThan(40);
    expect({ lost, doubled, wrong, findings }).toEqual({
      lost: [],
      doubled: [],
      wrong: [],
      findings: [],
    });
    expect(byOutcome).not.toHaveProperty('crash_recovered');
    expect(byOutcome).not.toHaveProperty('shutdown');
  },
  120_000,
);

test('what outlasts the drain, and a second SIGTERM, end as shutdown', async () => {
  const process = await meter({ drainSeconds: 60 });
  const answer = fetch(`http://127.0.0.1:${port}/chat/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-sandbox-first-token-ms': '600000', 'x-tripmeter-tag-mark': 'long' },
    body: '{"stream":true}',
  }).then((response) => response.text());
  // Attached at once: the rejection may come before the test gets to look at it.
  const failed = expect(answer).rejects.toThrow();
  await sandbox.log.until(() => sandbox.log.calls[0]?.end === 'running');
  process.signal('SIGTERM');
  await process.said('stopping');
  process.signal('SIGTERM');
  await failed;
  await process.exited();
  const { rows } = await readLedger(dataDir);
  expect(rows).toMatchObject([{ outcome: 'shutdown', errorClass: 'shutting_down' }]);
});

test('a request in flight at kill -9 is recovered with a bounded time', async () => {
  const first = await meter();
  const startedAt = Date.now();
  const answer = fetch(`http://127.0.0.1:${port}/chat/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-sandbox-first-token-ms': '600000' },
    body: '{"stream":true}',
  }).then((response) => response.text());
  // Attached at once: the rejection may come before the test gets to look at it.
  const failed = expect(answer).rejects.toThrow();
  await sandbox.log.until(() => sandbox.log.calls[0]?.end === 'running');
  await first.kill();
  await failed;
  const second = await meter();
  await second.stop();
  const { rows, findings } = await readLedger(dataDir);
  expect(rows).toMatchObject([{ outcome: 'crash_recovered', errorClass: 'crash', status: null }]);
  const boundUs = 1_000 * (Date.now() - startedAt) + 1_000_000;
  expect(rows[0]?.durationUs).toBeLessThanOrEqual(boundUs);
  expect(findings).toEqual([]);
});
