import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';

const PATIENT = { timeout: 20_000, interval: 100 };

let served: ServedProcess;

beforeEach(() => {
  served = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    proxy: { maxConnections: 1 },
    endpoints: { chat: { upstream: 'http://127.0.0.1:9', gpu: 'none' } },
  });
});
afterEach(() => served.close());

test('connections beyond the limit are in the metrics and in `status`, which are silent of them before', async () => {
  const { proxyUrl, adminUrl } = await served.serve();
  const config = await readFile(served.file, 'utf8');
  await writeFile(
    served.file,
    config.replace(/(admin:\s+listen: )\S+/, `$1${new URL(adminUrl).host}`),
  );
  const metrics = async () => (await fetch(`${adminUrl}/metrics`)).text();
  await expect.poll(metrics, PATIENT).toMatch(/^tripmeter_client_connections_refused_total 0$/m);
  expect((await served.run('status')).stdout).not.toContain('turned away');

  const kept = connect(Number(new URL(proxyUrl).port), '127.0.0.1');
  await once(kept, 'connect');
  // The proxy has taken it once its thread says so: only then is the next one too many.
  await expect.poll(metrics, PATIENT).toMatch(/^tripmeter_client_connections 1$/m);
  const tooMany = connect(Number(new URL(proxyUrl).port), '127.0.0.1').on('error', () => {});
  await once(tooMany, 'close');

  await expect.poll(metrics, PATIENT).toMatch(/^tripmeter_client_connections_refused_total 1$/m);
  expect((await served.run('status')).stdout).toMatch(
    /^clients {2}! 1 connection turned away since the start, because proxy\.maxConnections/m,
  );
  kept.destroy();
}, 60_000);
