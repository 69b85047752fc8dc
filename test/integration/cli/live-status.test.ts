import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { liveStatus } from '../../../src/status/live-status.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function originOf(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a service that is slow is called slow, not away', async () => {
  const origin = await originOf(() => {});
  const { problem } = await liveStatus(origin, { answerMs: 50 });
  expect(problem).toBe(`slow: no answer from ${origin}/api/v1/status within 0.05 s`);
});

test.each([
  ['{"spend":{"usd":"1"}}', /is not this version of tripmeter/],
  ['[]', /is not this version/],
  ['null', /is not this version/],
  ['<html>', /is no JSON/],
])('another program that answers %s is not believed', async (body, problem) => {
  const origin = await originOf((_request, response) => response.end(body));
  const live = await liveStatus(origin);
  expect(live.status).toBeNull();
  expect(live.problem).toMatch(problem);
});

test('a refusal is told with its code, and nobody there as such', async () => {
  const origin = await originOf((_request, response) => response.writeHead(503).end());
  expect((await liveStatus(origin)).problem).toContain('HTTP 503');
  expect((await liveStatus('http://127.0.0.1:1')).problem).toBe(
    'not reachable at http://127.0.0.1:1',
  );
});

test('the status of the service is taken as it is', async () => {
  const status = {
    ...{ spend: { usd: '1', lines: {} }, decision: { recommendation: 'stay' } },
    ...{ journal: { segments: 1 }, health: null },
    ...{ alerts: [], triggers: [], emergencies: [], export: [] },
  };
  const origin = await originOf((_request, response) => response.end(JSON.stringify(status)));
  expect(await liveStatus(origin)).toEqual({ status, problem: null });
});
