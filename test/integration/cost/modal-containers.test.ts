import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import {
  ARRIVALS,
  billOf,
  type ContainerBench,
  createContainerBench,
  livesOf,
  trafficOf,
} from '../../support/cost/container-bench.ts';
import { SECOND } from '../../support/cost/records.ts';
import { derived, MONDAY } from '../../support/cost/settling.ts';
import type { FakeContainer } from '../../support/fake-modal/fake-containers.ts';

let bench: ContainerBench;
beforeEach(async () => {
  bench = await createContainerBench();
});
afterEach(() => bench.close());

describe('containers that name themselves', () => {
  test('get their true end from Modal, and the total is the bill', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await bench.office(traffic);
    expect(await total()).toBeLessThan(0.7 * billOf(traffic));
    expect(await bench.levels()).toEqual(['observed']);

    const count = traffic.containers.length;
    expect(await ask()).toMatchObject({ asked: count, ended: count, unknown: 0, changed: count });
    const { corrections, rewound } = await settle();

    expect(await total()).toBe(billOf(traffic));
    expect(rewound).toBe(1);
    expect(corrections).toBeGreaterThan(0);
    expect(await bench.lives()).toEqual(livesOf(traffic));
    expect(await bench.levels()).toEqual(['authoritative']);
    const { requests } = await derived(bench.ledger);
    expect(requests.every(({ attribution }) => attribution === 'authoritative')).toBe(true);
    const sum = requests.reduce((nano, { total_nano }) => nano + (total_nano ?? 0), 0);
    expect(sum).toBe(billOf(traffic));
  });

  test('end where the model would have kept them longer', async () => {
    const traffic = trafficOf({ identity: true, scaledownWindowUs: 20 * SECOND });
    const { ask, settle, total } = await bench.office(traffic);
    expect(await total()).toBeGreaterThan(billOf(traffic));
    await ask();
    await settle();
    expect(await total()).toBe(billOf(traffic));
    expect(await bench.lives()).toEqual(livesOf(traffic));
  });

  test('that Modal took away close there, and what they ran goes on elsewhere', async () => {
    const traffic = trafficOf({ identity: true, preemptions: [MONDAY + 250 * SECOND] });
    const taken = traffic.containers.find(({ preempted }) => preempted);
    const { ask, settle, total } = await bench.office(traffic);
    await ask();
    await settle();
    expect(await total()).toBe(billOf(traffic));
    expect(await bench.lives()).toContainEqual([taken?.billedFrom, taken?.closedAt]);
    const ended = await bench.known('ended');
    expect(ended.map(({ result }) => result)).toContain('terminated');
  });

  test('asked about again they change nothing', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle } = await bench.office(traffic);
    await ask();
    await settle();
    const before = await derived(bench.ledger);
    expect(await ask()).toMatchObject({ asked: 0, changed: 0 });
    expect(await settle()).toMatchObject({ rewound: 0, settled: 0, corrections: 0 });
    expect(await derived(bench.ledger)).toEqual(before);
  });

  test('known late or from the beginning, they settle to the same', async () => {
    const traffic = trafficOf({ identity: true, preemptions: [MONDAY + 250 * SECOND] });
    const late = await bench.office(traffic);
    await late.ask();
    await late.settle();
    const other = await openLedger({ kind: 'sqlite', file: ':memory:' });
    try {
      const early = await bench.office(traffic, { store: other, settled: false });
      await early.ask();
      await early.settle();
      expect(await derived(other)).toEqual(await derived(bench.ledger));
    } finally {
      await other.close();
    }
  });

  test('with another number of GPUs than is configured are told of', async () => {
    const { ask } = await bench.office(trafficOf({ identity: true }));
    bench.modal.containers = new Map(
      [...bench.modal.containers].map(([id, one]) => [id, { ...one, gpuCount: 2 }]),
    );
    const warned = { gpuDifferences: [{ endpoint: 'generate', configured: 1, seen: 2 }] };
    expect(await ask()).toEqual(warned);
  });

  test('that still run keep their model, and are asked about again', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await bench.office(traffic);
    const modelled = await total();
    const ends = bench.modal.containers;
    bench.modal.containers = new Map([...ends].map(([id, one]) => [id, { ...one, finishedAt: 0 }]));
    const count = traffic.containers.length;
    expect(await ask()).toMatchObject({ asked: count, running: count, changed: 0 });
    await settle();
    expect(await total()).toBe(modelled);
    bench.modal.containers = ends;
    expect(await ask()).toMatchObject({ asked: count, ended: count });
    await settle();
    expect(await total()).toBe(billOf(traffic));
  });

  test('whose story cannot be are left as they were modelled', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await bench.office(traffic);
    const modelled = await total();
    bench.modal.containers = new Map(
      [...bench.modal.containers].map(([id, one]) => [
        id,
        { ...one, finishedAt: one.startedAt - 60 },
      ]),
    );
    expect(await ask()).toMatchObject({ unknown: traffic.containers.length, changed: 0 });
    await settle();
    expect(await total()).toBe(modelled);
  });

  test('whose lives are of another time than their requests are left as they were modelled', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await bench.office(traffic);
    const modelled = await total();
    const shifted = ({ enqueuedAt, startedAt, finishedAt }: FakeContainer): FakeContainer => ({
      enqueuedAt: enqueuedAt - 86_400,
      startedAt: startedAt - 86_400,
      finishedAt: finishedAt - 86_400,
    });
    bench.modal.containers = new Map(
      [...bench.modal.containers].map(([id, one]) => [id, shifted(one)]),
    );
    expect(await ask()).toMatchObject({ ended: traffic.containers.length });
    await settle();
    expect(await total()).toBe(modelled);
    expect(await bench.levels()).toEqual(['observed']);
  });
});

describe('containers that say nothing', () => {
  test('are found by the calls of their requests, and the total is the bill', async () => {
    const traffic = trafficOf({ identity: false });
    const { ask, settle, total } = await bench.office(traffic);
    expect(await bench.levels()).toEqual(['inferred']);
    expect(await ask()).toMatchObject({
      ...{ calls: ARRIVALS.length, otherCalls: 0 },
      ended: traffic.containers.length,
    });
    await settle();
    expect(await total()).toBe(billOf(traffic));
    expect(await bench.lives()).toEqual(livesOf(traffic));
    expect(await bench.levels()).toEqual(['authoritative']);
    expect(await ask()).toMatchObject({ asked: 0, changed: 0 });
    expect(await settle()).toMatchObject({ rewound: 0, corrections: 0 });
  });

  test('and calls that came past the proxy are counted, and nobody is charged for them', async () => {
    const traffic = trafficOf({ identity: false });
    const { ask } = await bench.office(traffic);
    const [first] = bench.modal.calls;
    if (first === undefined) throw new Error('no calls');
    bench.modal.calls = [...bench.modal.calls, { ...first, functionCallId: 'fc-other' }];
    expect(await ask()).toMatchObject({ calls: ARRIVALS.length, otherCalls: 1 });
  });

  test('and a call that has not ended is asked about again', async () => {
    const traffic = trafficOf({ identity: false });
    const { ask, settle, total } = await bench.office(traffic);
    const { calls } = bench.modal;
    bench.modal.calls = calls.map((call) =>
      call.functionCallId === 'fc-r8'
        ? { functionCallId: 'fc-r8', functionId: 'fu-1', enqueuedAt: call.enqueuedAt, status: 2 }
        : call,
    );
    expect(await ask()).toMatchObject({ calls: ARRIVALS.length - 1 });
    bench.modal.calls = calls;
    expect(await ask()).toMatchObject({ calls: 1 });
    await settle();
    await ask();
    await settle();
    expect(await total()).toBe(billOf(traffic));
  });
});
