import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import {
  carriesOwnHeaders,
  comparableRequest,
  comparableView,
} from '../../support/transparency/documented-differences.ts';
import type {
  TransparencyCase,
  TransparencyFamily,
} from '../../support/transparency/transparency-case.ts';
import { statusOf } from '../../support/wire/http-message.ts';
import { byTarget, RecordingUpstream } from '../../support/wire/recording-upstream.ts';
import { type ClientView, runClient } from '../../support/wire/wire-client.ts';
import { connections } from './cases/connections.ts';
import { interimResponses } from './cases/interim-responses.ts';
import { malformedRequests } from './cases/malformed-requests.ts';
import { malformedResponses } from './cases/malformed-responses.ts';
import { methods } from './cases/methods.ts';
import { requestBodies } from './cases/request-bodies.ts';
import { requestHeaders } from './cases/request-headers.ts';
import { responses } from './cases/responses.ts';
import { targets } from './cases/targets.ts';
import { upgrades } from './cases/upgrades.ts';

const FAMILIES: Readonly<Record<string, TransparencyFamily>> = {
  methods,
  targets,
  'request headers': requestHeaders,
  'request bodies': requestBodies,
  responses,
  'interim responses': interimResponses,
  connections,
  upgrades,
  'malformed requests': malformedRequests,
  'malformed responses': malformedResponses,
};

const upstream = new RecordingUpstream();
let running: RunningProxy;

beforeAll(async () => {
  await upstream.listen();
  running = await startProxy([proxyEndpoint('up', `http://127.0.0.1:${upstream.port}`)], {
    singleUpstream: 'up',
    drainSeconds: 0,
  });
});
afterAll(async () => {
  await running.proxy.stop();
  await upstream.close();
});

interface Observation {
  readonly view: ClientView;
  readonly requests: RecordingUpstream['requests'];
}

async function observe(port: number, wanted: TransparencyCase): Promise<Observation> {
  upstream.reset(wanted.upstream);
  const view = await runClient(port, wanted.client);
  return { view, requests: [...byTarget(upstream.requests)] };
}

const statuses = ({ responses }: ClientView) => responses.map(statusOf);

/** How far an early answer cut the body short is a matter of packets. */
const wholeRequests = ({ requests }: Observation) =>
  requests.filter(({ complete }) => complete).map(comparableRequest);

async function expectSame(wanted: TransparencyCase): Promise<void> {
  const direct = await observe(upstream.port, wanted);
  expect(statuses(direct.view)).toEqual(wanted.statuses);
  const through = await observe(running.port, wanted);
  expect(comparableView(through.view)).toEqual(comparableView(direct.view));
  expect(wholeRequests(through)).toEqual(wholeRequests(direct));
  for (const message of through.view.responses) {
    const status = statusOf(message);
    expect(carriesOwnHeaders(message)).toBe(status >= 200 || status === 101);
  }
}

async function expectRefused(
  wanted: TransparencyCase,
  status: number | readonly number[],
): Promise<void> {
  const { view } = await observe(running.port, wanted);
  expect([status].flat()).toContain(statuses(view)[0]);
  expect(view.closed).not.toBe('no');
  expect(upstream.requests.filter(({ complete }) => complete)).toEqual([]);
}

async function expectHungUp(wanted: TransparencyCase): Promise<void> {
  const { view } = await observe(running.port, wanted);
  expect(view.responses).toEqual([]);
  await upstream.idle();
}

async function expectBroken(wanted: TransparencyCase): Promise<void> {
  const { view } = await observe(running.port, wanted);
  if (wanted.expect === 'bad-gateway') {
    expect(statuses(view)).toEqual([502]);
    return;
  }
  const [response] = view.responses;
  // Head and fault in one packet: the head was not out, so the whole answer is 502.
  expect(response?.complete === false || statuses(view)[0] === 502).toBe(true);
}

function run(wanted: TransparencyCase): Promise<void> {
  if (wanted.expect === 'same') return expectSame(wanted);
  if (typeof wanted.expect === 'object') return expectRefused(wanted, wanted.expect.refused);
  if (wanted.expect === 'hung-up') return expectHungUp(wanted);
  return expectBroken(wanted);
}

describe.each(Object.entries(FAMILIES))('through the proxy: %s', (_, cases) => {
  test.each(cases.map((wanted) => [wanted.name, wanted] as const))('%s', async (_name, wanted) => {
    await run(wanted);
  });
});

test('the suite compares at least sixty cases', () => {
  expect(Object.values(FAMILIES).flat().length).toBeGreaterThanOrEqual(60);
});
