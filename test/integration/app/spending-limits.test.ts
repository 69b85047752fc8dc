import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';

let upstream: Server;
let served: ServedProcess;

beforeEach(async () => {
  upstream = createServer((request, response) => {
    request.resume();
    response.end('{}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const limited = { monthlyUsd: 0.000000001, onBudget: 'refuse' };
  served = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: {
      chat: { upstream: url, gpu: 'A100-80GB' },
      dear: { upstream: url, gpu: 'H100', ...limited },
    },
    clients: { batch: limited, told: { monthlyUsd: 0.000000001 } },
  });
});
afterEach(async () => {
  await served.close();
  upstream.close();
});

const PATIENT = { timeout: 20_000, interval: 200 };

async function call(proxyUrl: string, endpoint: string, client: string): Promise<Response> {
  const headers = { 'x-tripmeter-client': client };
  return await fetch(`${proxyUrl}/${endpoint}/`, { method: 'POST', headers, body: '{}' });
}

test('who has used up a month that refuses gets 402, over a restart too; everybody else goes on', async () => {
  const { proxyUrl } = await served.serve();
  const statusOf = async (endpoint: string, client: string) =>
    (await call(proxyUrl, endpoint, client)).status;
  expect(await statusOf('chat', 'batch')).toBe(200);
  expect(await statusOf('chat', 'told')).toBe(200);
  expect(await statusOf('dear', 'other')).toBe(200);
  // Settlement puts the dollars of what has ended into the hours that limits are judged by.
  const settled = async () => {
    await served.run('settle');
    return [await statusOf('chat', 'batch'), await statusOf('dear', 'other')];
  };
  await expect.poll(settled, PATIENT).toEqual([402, 402]);
  expect(await statusOf('chat', 'told')).toBe(200);
  expect(await statusOf('chat', 'other')).toBe(200);
  const problem = (await (await call(proxyUrl, 'chat', 'batch')).json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status: 402, title: 'Payment Required' });
  expect(JSON.stringify(problem)).toContain('client batch');

  expect(await served.end('SIGTERM')).toBe(0);
  const again = await served.serve('--role', 'proxy');
  expect((await call(again.proxyUrl, 'dear', 'other')).status).toBe(402);
  expect((await call(again.proxyUrl, 'chat', 'other')).status).toBe(200);
});
