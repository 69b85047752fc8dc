import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../../src/config/load-config.ts';
import { parseUsd } from '../../../src/core/units.ts';
import { pullContainers } from '../../../src/cost/pull-containers.ts';
import { createSettlement } from '../../../src/cost/settle.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { containerPullOf } from '../../../src/wiring/container-pull-of.ts';
import { pricingOf } from '../../../src/wiring/pricing-of.ts';
import { ServedProcess } from '../../support/app/served-process.ts';
import { SECOND } from '../../support/cost/records.ts';
import { derived } from '../../support/cost/settling.ts';
import type { FakeCall } from '../../support/fake-modal/fake-containers.ts';
import { type FakeModal, startFakeModal } from '../../support/fake-modal/fake-modal.ts';
import { containersKnown } from '../../support/fake-modal/simulated-facts.ts';
import { sendJson } from '../../support/sandbox/behaviour.ts';
import { type Sandbox, startSandbox } from '../../support/sandbox/sandbox.ts';

const BOOT_MS = 300;
const WINDOW_MS = 500;

let sandbox: Sandbox;
let modal: FakeModal;
let served: ServedProcess;
let serverUrl: string | undefined;

/** The configured window is twenty times the deployment's. */
const configured = () => ({
  listen: '127.0.0.1:0',
  admin: { listen: '127.0.0.1:0' },
  dataDir: './data',
  endpoints: {
    generate: {
      ...{ upstream: sandbox.urlOf('generate'), gpu: 'A100-80GB', cpuCores: 0, memoryGiB: 0 },
      ...{ maxInputs: 4, scaledownWindow: '10s' },
    },
  },
});

beforeEach(async () => {
  sandbox = await startSandbox({
    endpoints: {
      generate: {
        ...{ maxInputs: 4, scaledownWindowUs: WINDOW_MS * 1_000, bootUs: BOOT_MS * 1_000 },
        behaviour: async (request, response) => {
          await request.work(80_000);
          sendJson(response, 200, {});
        },
      },
    },
  });
  modal = await startFakeModal();
  serverUrl = process.env.MODAL_SERVER_URL;
  process.env.MODAL_SERVER_URL = modal.url;
  served = new ServedProcess(configured());
});

afterEach(async () => {
  if (serverUrl === undefined) delete process.env.MODAL_SERVER_URL;
  else process.env.MODAL_SERVER_URL = serverUrl;
  await served.close();
  await sandbox.close();
  await modal.close();
});

const containers = () => sandbox.endpoint('generate').containers;

function callsOfSandbox(): FakeCall[] {
  return sandbox.log.calls.map((call) => ({
    ...{ functionCallId: call.id, functionId: 'fu-1', enqueuedAt: call.queuedAt / 1e6, status: 3 },
    startedAt: (call.startedAt ?? 0) / 1e6,
    containerId: call.containerId ?? '',
    startupTimeSeconds: BOOT_MS / 1e3,
    executionTimeSeconds: ((call.finishedAt ?? 0) - (call.startedAt ?? 0)) / 1e6,
  }));
}

/** Asks the fake Modal ten minutes later, and settles by its answers. */
async function askAndSettle(ledger: Ledger) {
  const text = stringify({
    ...configured(),
    billing: { token: { id: { env: 'ID' }, secret: { env: 'SECRET' } } },
  });
  const loaded = loadConfig({
    ...{ text, file: served.file, workingDir: served.folder },
    secretSources: { env: { ID: 'ak-fake', SECRET: 'as-fake' }, readFile: () => '' },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const clock = { ...systemClock, now: () => systemClock.now() + 600 * SECOND };
  const { endpoints } = config;
  const priceBook = pricingOf(config).book;
  const settlement = createSettlement({ ledger, clock, endpoints, priceBook });
  await settlement.run();
  const before = await totalOf(ledger);
  const { signal } = new AbortController();
  const report = await pullContainers(containerPullOf({ ledger, config, clock }), signal);
  await settlement.run();
  return { before, report };
}

async function totalOf(ledger: Ledger): Promise<number> {
  const { requests } = await derived(ledger);
  return requests.reduce((sum, row) => sum + (row.total_nano ?? 0), 0);
}

test('a container that says nothing is found by the call that the proxy recorded, and costs what was billed', async () => {
  const { proxyUrl } = await served.serve();
  for (const pause of [0.3, 1.6, 0.1, 1.4]) {
    const sent = [1, 2, 3].map(() => fetch(`${proxyUrl}/generate`, { method: 'POST', body: '{}' }));
    for (const response of await Promise.all(sent)) await response.text();
    await sleep(pause * WINDOW_MS);
  }
  while (containers().some(({ closedAt }) => closedAt === null)) await sleep(50);
  await served.end('SIGTERM');
  expect(containers().length).toBeGreaterThanOrEqual(2);
  expect(containers().every(({ inputs }) => inputs > 0)).toBe(true);
  modal.containers = containersKnown(containers());
  modal.calls = callsOfSandbox();

  const ledger = await openLedger({ kind: 'sqlite', file: join(served.folder, 'data/ledger.db') });
  try {
    const billed = sandbox.bill().reduce((sum, { cost }) => sum + parseUsd(cost), 0);
    const { before, report } = await askAndSettle(ledger);
    expect(report).toMatchObject({ calls: 12, otherCalls: 0, ended: containers().length });
    expect(before).toBeGreaterThan(2 * billed);
    // Each session and each row of the bill is rounded to a nano-dollar.
    expect(Math.abs((await totalOf(ledger)) - billed)).toBeLessThanOrEqual(containers().length + 2);
    const { sessions, requests } = await derived(ledger);
    expect(sessions.map(({ closed_at }) => closed_at)).toEqual(
      containers().map(({ closedAt }) => closedAt),
    );
    expect(requests.every(({ attribution }) => attribution === 'authoritative')).toBe(true);
  } finally {
    await ledger.close();
  }
});
