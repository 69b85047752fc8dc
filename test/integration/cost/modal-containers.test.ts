import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import { parseUsd } from '../../../src/core/units.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { modalJobs } from '../../../src/office/modal-jobs.ts';
import { pricingOf } from '../../../src/wiring/pricing-of.ts';
import { A100, HOUR, SECOND } from '../../support/cost/records.ts';
import { derived, MONDAY, settling } from '../../support/cost/settling.ts';
import { type SimulatedTraffic, simulatedTraffic } from '../../support/cost/simulated-traffic.ts';
import { memoryLog } from '../../support/export/memory-log.ts';
import type { FakeContainer } from '../../support/fake-modal/fake-containers.ts';
import { type FakeModal, startFakeModal } from '../../support/fake-modal/fake-modal.ts';
import { callsKnown, containersKnown } from '../../support/fake-modal/simulated-facts.ts';
import { DEFAULT_DEPLOYMENT } from '../../support/sandbox/deployment.ts';
import type { SimulationSettings } from '../../support/sandbox/simulate.ts';

/** As configured: the scaledown window is wrong, the deployment's is five minutes. */
const ENDPOINT: EndpointSettings = { ...A100, maxInputs: 4, scaledownWindowUs: 60 * SECOND };
const MODAL: SimulationSettings = {
  ...DEFAULT_DEPLOYMENT,
  ...{ maxInputs: 4, scaledownWindowUs: 300 * SECOND },
  ...{ allocationUs: 7 * SECOND, bootUs: 90 * SECOND },
};
const NOW = MONDAY + 8 * HOUR;
const DAY = { from: MONDAY, to: MONDAY + 24 * HOUR };

/** Seconds and work of requests: alone, in company, within the window, after it. */
const ARRIVALS = [
  [100, 20],
  [230, 30],
  [235, 12.345],
  [236, 5],
  [500, 10],
  [900, 40],
  [3_590, 30],
  [3_700, 2],
  [9_000, 1],
].map(([at = 0, work = 0], index) => ({
  id: `r${index}`,
  at: MONDAY + at * SECOND,
  serviceUs: work * SECOND,
}));

let modal: FakeModal;
let ledger: Ledger;
let serverUrl: string | undefined;

beforeEach(async () => {
  modal = await startFakeModal();
  serverUrl = process.env.MODAL_SERVER_URL;
  process.env.MODAL_SERVER_URL = modal.url;
  ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
});

afterEach(async () => {
  if (serverUrl === undefined) delete process.env.MODAL_SERVER_URL;
  else process.env.MODAL_SERVER_URL = serverUrl;
  await ledger.close();
  await modal.close();
});

function trafficOf(given: { identity: boolean } & Partial<SimulationSettings>): SimulatedTraffic {
  const { identity, ...over } = given;
  const settings = { ...MODAL, ...over };
  return simulatedTraffic(ENDPOINT, { arrivals: ARRIVALS, modal: settings, identity, salt: 1 });
}

const billOf = ({ bill }: SimulatedTraffic) =>
  bill.reduce((sum, { cost }) => sum + parseUsd(cost), 0);

function configOf(env: Record<string, string>) {
  const loaded = loadConfig({
    text:
      'billing: { token: { id: { env: ID }, secret: { env: SECRET } } }\n' +
      'endpoints: { generate: { upstream: https://ws--generate.modal.run, gpu: A100-80GB } }\n',
    file: '/tripmeter.yaml',
    workingDir: '/',
    secretSources: { env, readFile: () => '' },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

/** A settled ledger of the traffic, the job, and Modal's knowledge of the containers. */
async function office(
  traffic: SimulatedTraffic,
  { env = { ID: 'ak-fake', SECRET: 'as-fake' }, settled = true, store = ledger } = {},
) {
  const { add, settleAt } = settling(store, [ENDPOINT]);
  modal.containers = containersKnown(traffic.containers);
  modal.calls = callsKnown(traffic.runs, traffic.containers);
  await add(...traffic.requests);
  if (settled) await settleAt(7 * 3_600);
  const config = configOf(env);
  const log = memoryLog();
  const clock = { now: () => NOW, monotonic: () => NOW };
  const jobs = modalJobs({ ledger: store, config, clock, log, pricing: pricingOf(config) });
  const job = jobs.find(({ name }) => name === 'modal-containers');
  const ask = async (signal = new AbortController().signal) => {
    await job?.run({ slot: NOW, late: false, now: NOW, signal });
    return log.lines.at(-1)?.fields ?? {};
  };
  const total = async () => (await spendOf(store.db, DAY)).modelledNano;
  return { ask, settle: () => settleAt(7.5 * 3_600), total };
}

const sessions = (store = ledger) =>
  store.db.selectFrom('container_sessions').selectAll().orderBy('started_at').execute();

const livesOf = ({ containers }: SimulatedTraffic) =>
  containers.map(({ billedFrom, closedAt }) => [billedFrom, closedAt]);

async function settledLives(store = ledger) {
  return (await sessions(store)).map((each) => [each.started_at, each.closed_at]);
}

const levels = async () => [...new Set((await sessions()).map(({ level }) => level))];

const known = (state: 'ended' | 'unknown') =>
  ledger.db.selectFrom('container_lifetimes').selectAll().where('state', '=', state).execute();

describe('containers that name themselves', () => {
  test('get their true end from Modal, and the total is the bill', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await office(traffic);
    expect(await total()).toBeLessThan(0.7 * billOf(traffic));
    expect(await levels()).toEqual(['observed']);

    const count = traffic.containers.length;
    expect(await ask()).toMatchObject({ asked: count, ended: count, unknown: 0, changed: count });
    const { corrections, rewound } = await settle();

    expect(await total()).toBe(billOf(traffic));
    expect(rewound).toBe(1);
    expect(corrections).toBeGreaterThan(0);
    expect(await settledLives()).toEqual(livesOf(traffic));
    expect(await levels()).toEqual(['authoritative']);
    const requests = await ledger.db.selectFrom('requests').selectAll().execute();
    expect(requests.every(({ attribution }) => attribution === 'authoritative')).toBe(true);
    const sum = requests.reduce((nano, { total_nano }) => nano + (total_nano ?? 0), 0);
    expect(sum).toBe(billOf(traffic));
  });

  test('end where the model would have kept them longer', async () => {
    const traffic = trafficOf({ identity: true, scaledownWindowUs: 20 * SECOND });
    const { ask, settle, total } = await office(traffic);
    expect(await total()).toBeGreaterThan(billOf(traffic));
    await ask();
    await settle();
    expect(await total()).toBe(billOf(traffic));
    expect(await settledLives()).toEqual(livesOf(traffic));
  });

  test('that Modal took away close there, and what they ran goes on elsewhere', async () => {
    const traffic = trafficOf({ identity: true, preemptions: [MONDAY + 250 * SECOND] });
    const taken = traffic.containers.find(({ preempted }) => preempted);
    const { ask, settle, total } = await office(traffic);
    await ask();
    await settle();
    expect(await total()).toBe(billOf(traffic));
    expect(await settledLives()).toContainEqual([taken?.billedFrom, taken?.closedAt]);
    const ended = await known('ended');
    expect(ended.map(({ result }) => result)).toContain('terminated');
  });

  test('asked about again they change nothing', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle } = await office(traffic);
    await ask();
    await settle();
    const before = await derived(ledger);
    expect(await ask()).toMatchObject({ asked: 0, changed: 0 });
    expect(await settle()).toMatchObject({ rewound: 0, settled: 0, corrections: 0 });
    expect(await derived(ledger)).toEqual(before);
  });

  test('known late or from the beginning, they settle to the same', async () => {
    const traffic = trafficOf({ identity: true, preemptions: [MONDAY + 250 * SECOND] });
    const late = await office(traffic);
    await late.ask();
    await late.settle();
    const other = await openLedger({ kind: 'sqlite', file: ':memory:' });
    try {
      const early = await office(traffic, { store: other, settled: false });
      await early.ask();
      await early.settle();
      expect(await derived(other)).toEqual(await derived(ledger));
    } finally {
      await other.close();
    }
  });

  test('with another number of GPUs than is configured are told of', async () => {
    const { ask } = await office(trafficOf({ identity: true }));
    modal.containers = new Map(
      [...modal.containers].map(([id, one]) => [id, { ...one, gpuCount: 2 }]),
    );
    const warned = { gpuDifferences: [{ endpoint: 'generate', configured: 1, seen: 2 }] };
    expect(await ask()).toEqual(warned);
  });

  test('that still run keep their model, and are asked about again', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await office(traffic);
    const modelled = await total();
    const ends = modal.containers;
    modal.containers = new Map([...ends].map(([id, one]) => [id, { ...one, finishedAt: 0 }]));
    const count = traffic.containers.length;
    expect(await ask()).toMatchObject({ asked: count, running: count, changed: 0 });
    await settle();
    expect(await total()).toBe(modelled);
    modal.containers = ends;
    expect(await ask()).toMatchObject({ asked: count, ended: count });
    await settle();
    expect(await total()).toBe(billOf(traffic));
  });

  test('whose story cannot be are left as they were modelled', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await office(traffic);
    const modelled = await total();
    modal.containers = new Map(
      [...modal.containers].map(([id, one]) => [id, { ...one, finishedAt: one.startedAt - 60 }]),
    );
    expect(await ask()).toMatchObject({ unknown: traffic.containers.length, changed: 0 });
    await settle();
    expect(await total()).toBe(modelled);
  });

  test('whose lives are of another time than their requests are left as they were modelled', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await office(traffic);
    const modelled = await total();
    const shifted = ({ enqueuedAt, startedAt, finishedAt }: FakeContainer): FakeContainer => ({
      enqueuedAt: enqueuedAt - 86_400,
      startedAt: startedAt - 86_400,
      finishedAt: finishedAt - 86_400,
    });
    modal.containers = new Map([...modal.containers].map(([id, one]) => [id, shifted(one)]));
    expect(await ask()).toMatchObject({ ended: traffic.containers.length });
    await settle();
    expect(await total()).toBe(modelled);
    expect(await levels()).toEqual(['observed']);
  });
});

describe('containers that say nothing', () => {
  test('are found by the calls of their requests, and the total is the bill', async () => {
    const traffic = trafficOf({ identity: false });
    const { ask, settle, total } = await office(traffic);
    expect(await levels()).toEqual(['inferred']);
    expect(await ask()).toMatchObject({
      ...{ calls: ARRIVALS.length, otherCalls: 0 },
      ended: traffic.containers.length,
    });
    await settle();
    expect(await total()).toBe(billOf(traffic));
    expect(await settledLives()).toEqual(livesOf(traffic));
    expect(await levels()).toEqual(['authoritative']);
    expect(await ask()).toMatchObject({ asked: 0, changed: 0 });
    expect(await settle()).toMatchObject({ rewound: 0, corrections: 0 });
  });

  test('and calls that came past the proxy are counted, and nobody is charged for them', async () => {
    const traffic = trafficOf({ identity: false });
    const { ask } = await office(traffic);
    const [first] = modal.calls;
    if (first === undefined) throw new Error('no calls');
    modal.calls = [...modal.calls, { ...first, functionCallId: 'fc-other' }];
    expect(await ask()).toMatchObject({ calls: ARRIVALS.length, otherCalls: 1 });
  });

  test('and a call that has not ended is asked about again', async () => {
    const traffic = trafficOf({ identity: false });
    const { ask, settle, total } = await office(traffic);
    const { calls } = modal;
    modal.calls = calls.map((call) =>
      call.functionCallId === 'fc-r8'
        ? { functionCallId: 'fc-r8', functionId: 'fu-1', enqueuedAt: call.enqueuedAt, status: 2 }
        : call,
    );
    expect(await ask()).toMatchObject({ calls: ARRIVALS.length - 1 });
    modal.calls = calls;
    expect(await ask()).toMatchObject({ calls: 1 });
    await settle();
    await ask();
    await settle();
    expect(await total()).toBe(billOf(traffic));
  });
});

describe('what goes wrong with Modal', () => {
  test.each([
    [16, 'auth', /check the token id and secret/],
    [7, 'plan', /may not read this workspace.*billing.containers/],
    [8, 'rate_limited', /tried again later/],
  ])('status %i is said, and the model stays', async (code, kind, message) => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await office(traffic);
    const modelled = await total();
    modal.containerFaults = Array.from({ length: 50 }, () => ({ code, details: 'no' }));
    const failed = ask();
    await expect(failed).rejects.toMatchObject({ code: kind });
    await expect(failed).rejects.toThrow(message);
    await settle();
    expect(await total()).toBe(modelled);
  });

  test('a token that Modal does not know is said', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask } = await office(traffic, { env: { ID: 'ak-other', SECRET: 'as-other' } });
    await expect(ask()).rejects.toMatchObject({ code: 'auth' });
  });

  test('a limit that is met on the way keeps what came, and the next run asks for the rest', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await office(traffic);
    // The function of a call, the calls, one container; then no more.
    modal.containerFaults = [null, null, null, { code: 8, details: 'slow down' }];
    await expect(ask()).rejects.toMatchObject({ code: 'rate_limited' });
    expect(await known('ended')).toHaveLength(1);
    modal.asked.length = 0;
    expect(await ask()).toMatchObject({ asked: traffic.containers.length - 1 });
    expect(modal.asked.filter((id) => id.startsWith('ta-'))).toHaveLength(
      traffic.containers.length - 1,
    );
    await settle();
    expect(await total()).toBe(billOf(traffic));
  });

  test('Modal that goes away on the way keeps what came', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask } = await office(traffic);
    let containers = 0;
    modal.onAsked = (id) => {
      if (id.startsWith('ta-')) containers += 1;
      if (containers === 2) void modal.close();
    };
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await known('ended')).toHaveLength(1);
  });

  test('a container that Modal does not know any more stays modelled, and is not asked about again', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle } = await office(traffic);
    const [gone, ...rest] = [...modal.containers];
    modal.containers = new Map(rest);
    expect(await ask()).toMatchObject({ unknown: 1, ended: rest.length });
    await settle();
    const modelled = (await sessions()).filter(({ level }) => level === 'observed');
    const last = modelled.at(-1)?.closed_at ?? Number.POSITIVE_INFINITY;
    expect(last).toBeLessThan(traffic.containers[1]?.billedFrom ?? 0);
    expect(await sessions()).toHaveLength(modelled.length + rest.length);
    modal.asked.length = 0;
    await ask();
    expect(modal.asked).not.toContain(gone?.[0]);
  });

  test('a refusal to list calls does not keep it from asking about containers', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask } = await office(traffic);
    modal.containerFaults = [null, { code: 12, details: 'not implemented' }];
    await expect(ask()).rejects.toMatchObject({ code: 'plan' });
    expect(await known('ended')).toHaveLength(traffic.containers.length);
  });

  test('stopped on the way, it keeps what came', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask } = await office(traffic);
    const stop = new AbortController();
    modal.onAsked = (id) => {
      if (id === traffic.containers[1]?.id) stop.abort(new Error('stopping'));
    };
    await expect(ask(stop.signal)).rejects.toThrow('stopping');
    expect(await known('ended')).toHaveLength(1);
  });
});
