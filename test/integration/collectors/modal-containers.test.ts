import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectModal } from '../../../collectors/modal-api/connect.ts';
import {
  type ContainerCalls,
  type ContainerSourceOptions,
  modalContainers,
} from '../../../collectors/modal-containers/modal-containers.ts';
import type { CallPage, ContainerReport } from '../../../src/ports/container-source.ts';
import {
  FAKE_CREDENTIALS,
  type FakeModal,
  startFakeModal,
} from '../../support/fake-modal/fake-modal.ts';

const HOUR_US = 3_600_000_000;
/** A Monday, 00:00 UTC. */
const MONDAY = Date.UTC(2026, 10, 16) / 1_000;

let modal: FakeModal;
let serverUrl: string | undefined;

beforeEach(async () => {
  modal = await startFakeModal();
  serverUrl = process.env.MODAL_SERVER_URL;
  process.env.MODAL_SERVER_URL = modal.url;
});

afterEach(async () => {
  if (serverUrl === undefined) delete process.env.MODAL_SERVER_URL;
  else process.env.MODAL_SERVER_URL = serverUrl;
  await modal.close();
});

const signal = new AbortController().signal;
const source = (options: ContainerSourceOptions = {}) =>
  modalContainers(() => connectModal(FAKE_CREDENTIALS), { paceMs: 0, ...options });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('a container', () => {
  const ask = (...ids: string[]): Promise<ContainerReport[]> =>
    all(source().containers(ids, { signal }));

  test('comes with its life, its GPU and its end through the real client', async () => {
    modal.containers = new Map([
      [
        'ta-1',
        {
          ...{ enqueuedAt: MONDAY + 1.25, startedAt: MONDAY + 90.000001 },
          ...{ finishedAt: MONDAY + 400.5, status: 8, gpuCount: 8 },
        },
      ],
    ]);
    expect(await ask('ta-1')).toEqual([
      {
        ...{ containerId: 'ta-1', state: 'ended', appId: 'ap-1', gpu: 'A100-80GB', gpuCount: 8 },
        result: 'memory_eviction',
        enqueuedAt: MONDAY * 1e6 + 1_250_000,
        readyAt: MONDAY * 1e6 + 90_000_001,
        endedAt: MONDAY * 1e6 + 400_500_000,
      },
    ]);
  });

  test('that waits for a GPU has neither readiness nor an end', async () => {
    modal.containers = new Map([['ta-1', { enqueuedAt: MONDAY, startedAt: 0, finishedAt: 0 }]]);
    expect(await ask('ta-1')).toMatchObject([
      { state: 'running', readyAt: null, endedAt: null, result: null },
    ]);
  });

  test('that Modal does not know is unknown, and the next one is asked about', async () => {
    modal.containers = new Map([['ta-2', { enqueuedAt: 1, startedAt: 2, finishedAt: 3 }]]);
    expect(await ask('ta-1', 'ta-2')).toMatchObject([{ state: 'unknown' }, { state: 'ended' }]);
  });

  test('whose name a header made up is not asked about', async () => {
    expect(await ask('my-laptop', "ta-1'; drop")).toMatchObject([
      { containerId: 'my-laptop', state: 'unknown' },
      { state: 'unknown' },
    ]);
    expect(modal.asked).toEqual([]);
  });
});

describe('a call', () => {
  test('tells its function', async () => {
    modal.calls = [{ functionCallId: 'fc-1', functionId: 'fu-7', enqueuedAt: MONDAY, status: 3 }];
    expect(await source().functionOf('fc-1', { signal })).toBe('fu-7');
    expect(await source().functionOf('fc-2', { signal })).toBeNull();
  });
});

describe('calls of a function', () => {
  const window = { functionId: 'fu-1', from: MONDAY * 1e6, to: MONDAY * 1e6 + HOUR_US, signal };
  const call = (id: number, second: number, over: object = {}) => ({
    ...{ functionCallId: `fc-${id}`, functionId: 'fu-1', enqueuedAt: MONDAY + second },
    ...{ startedAt: MONDAY + second + 1, containerId: 'ta-1', status: 3 },
    ...{ startupTimeSeconds: 41.5, executionTimeSeconds: 2.25, ...over },
  });

  test('come with place, time and boot', async () => {
    modal.calls = [call(1, 10), { ...call(2, 20), status: 1, containerId: '' }];
    const [page] = await all(source().calls(window));
    expect(page).toMatchObject({ from: window.from, to: window.to });
    expect(page?.calls).toEqual([
      {
        ...{ functionCallId: 'fc-1', enqueuedAt: window.from + 10_000_000, final: true },
        ran: {
          ...{ containerId: 'ta-1', from: window.from + 11_000_000 },
          ...{ us: 2_250_000, bootUs: 41_500_000 },
        },
      },
      {
        ...{ functionCallId: 'fc-2', enqueuedAt: window.from + 20_000_000 },
        ...{ final: false, ran: null },
      },
    ]);
  });

  test('of a full page go on where it ends, and none is lost', async () => {
    modal.calls = Array.from({ length: 25 }, (_, index) => call(index, Math.floor(index / 3)));
    const pages: CallPage[] = await all(source({ pageSize: 7 }).calls(window));
    expect(pages[0]?.from).toBe(window.from);
    expect(pages.at(-1)?.to).toBe(window.to);
    pages.slice(1).forEach((page, index) => {
      expect(page.from).toBe(pages[index]?.to);
    });
    const ids = new Set(pages.flatMap(({ calls }) => calls.map((one) => one.functionCallId)));
    expect(ids.size).toBe(25);
  });
});

describe('what goes wrong', () => {
  test('an id that Modal calls none is unknown', async () => {
    modal.containerFaults = [{ code: 3, details: 'malformed' }];
    expect(await all(source().containers(['ta-1'], { signal }))).toMatchObject([
      { state: 'unknown' },
    ]);
  });

  test('a window that Modal refuses is not taken for one without calls', async () => {
    modal.containerFaults = [{ code: 3, details: 'range too long' }];
    const window = { functionId: 'fu-1', from: MONDAY * 1e6, to: MONDAY * 1e6 + HOUR_US, signal };
    await expect(all(source().calls(window))).rejects.toMatchObject({ code: 'bad_data' });
  });

  test('no answer in time is said, and can be tried again', async () => {
    modal.containerFaults = ['silence'];
    const asked = all(source({ timeoutMs: 50 }).containers(['ta-1'], { signal }));
    await expect(asked).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await expect(asked).rejects.toThrow(/container ta-1 in 0.05 s; it is asked again later/);
  });

  test('a stop is not taken for a failure of Modal', async () => {
    modal.containerFaults = ['silence'];
    const stop = new AbortController();
    modal.onAsked = () => stop.abort(new Error('stopping'));
    const asked = all(source().containers(['ta-1'], { signal: stop.signal }));
    await expect(asked).rejects.toThrow('stopping');
  });

  test.each([
    ['a container', { taskGetInfo: async () => ({ appId: 'ap-1', info: { startedAt: 'soon' } }) }],
    ['a container without a word', { taskGetInfo: async () => ({ appId: 'ap-1' }) }],
  ])('%s of another shape is bad data', async (_, answers) => {
    const odd = modalContainers(async () => answers as unknown as ContainerCalls);
    await expect(all(odd.containers(['ta-1'], { signal }))).rejects.toMatchObject({
      code: 'bad_data',
    });
  });
});
