import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseUsd } from '../../../src/core/units.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { ServedProcess } from '../../support/app/served-process.ts';
import { derived } from '../../support/cost/settling.ts';
import { sendJson } from '../../support/sandbox/behaviour.ts';
import { type Sandbox, startSandbox } from '../../support/sandbox/sandbox.ts';

const MS = 1_000;

/** Three deployments, with windows and boots of a second where Modal has minutes. */
const DEPLOYMENTS = {
  generate: { gpu: 'A100-80GB', price: 694, maxInputs: 4, windowMs: 900, bootMs: 400, workMs: 150 },
  chat: { gpu: 'H100', price: 1_097, maxInputs: 8, windowMs: 500, bootMs: 200, workMs: 60 },
  solve: { gpu: 'L40S', price: 542, maxInputs: 2, windowMs: 700, bootMs: 100, workMs: 400 },
};

let sandbox: Sandbox;
let served: ServedProcess;

beforeEach(async () => {
  const endpoints = Object.entries(DEPLOYMENTS).map(([name, one]) => [
    name,
    {
      ...{ gpu: one.gpu, maxInputs: one.maxInputs, identityHeaders: true },
      prices: { gpu: one.price * 1_000_000, cpuCore: 0, memoryGiB: 0 },
      scaledownWindowUs: one.windowMs * MS,
      bootUs: one.bootMs * MS,
      behaviour: async (request, response) => {
        await request.work(request.knob('work-ms', one.workMs) * MS);
        sendJson(response, 200, {});
      },
    } satisfies Parameters<typeof startSandbox>[0]['endpoints'][string],
  ]);
  sandbox = await startSandbox({ endpoints: Object.fromEntries(endpoints) });
  served = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: Object.fromEntries(
      Object.entries(DEPLOYMENTS).map(([name, one]) => [
        name,
        {
          ...{ upstream: sandbox.urlOf(name), gpu: one.gpu, cpuCores: 0, memoryGiB: 0 },
          ...{ maxInputs: one.maxInputs, scaledownWindow: `${one.windowMs}ms`, modalApp: name },
        },
      ]),
    ),
  });
});
afterEach(async () => {
  await served.close();
  await sandbox.close();
});

/** Bursts with pauses of which some are longer than the window, so that containers come and go. */
async function traffic(proxyUrl: string, name: string, { maxInputs, windowMs, workMs }: Deployed) {
  for (const [index, pause] of [0.2, 0.7, 1.5, 0.1, 1.3].entries()) {
    const burst = 1 + (index % maxInputs);
    await Promise.all(
      Array.from({ length: burst }, (_, one) =>
        fetch(`${proxyUrl}/${name}/run`, {
          method: 'POST',
          body: '{}',
          headers: { 'x-sandbox-work-ms': String(workMs * (1 + 0.3 * one)) },
        }).then((response) => response.text()),
      ),
    );
    await sleep(pause * windowMs);
  }
}
type Deployed = (typeof DEPLOYMENTS)[keyof typeof DEPLOYMENTS];

test('what real containers were billed is what their requests cost, by the proxy’s own records', async () => {
  const { proxyUrl } = await served.serve();
  const deployments = Object.entries(DEPLOYMENTS);
  await Promise.all(deployments.map(([name, deployed]) => traffic(proxyUrl, name, deployed)));
  const containers = () => deployments.flatMap(([name]) => sandbox.endpoint(name).containers);
  while (containers().some(({ closedAt }) => closedAt === null)) await sleep(50);
  expect(containers().length).toBeGreaterThanOrEqual(6);
  const billed = sandbox.bill().reduce((sum, { cost }) => sum + parseUsd(cost), 0);
  await served.end('SIGTERM');
  expect((await served.run('settle', '--until', 'now')).code).toBe(0);
  const ledger = await openLedger({ kind: 'sqlite', file: join(served.folder, 'data/ledger.db') });
  const { requests, hours } = await derived(ledger);
  await ledger.close();
  expect(requests.length).toBeGreaterThan(30);
  expect(requests.every((row) => row.attribution === 'observed')).toBe(true);
  const total = requests.reduce((sum, row) => sum + (row.total_nano ?? 0), 0);
  expect(total).toBe(hours.reduce((sum, hour) => sum + hour.effective_nano, 0));
  // Timers and sockets take milliseconds of windows that last less than a second.
  expect(Math.abs(total / billed - 1)).toBeLessThan(0.05);
});
