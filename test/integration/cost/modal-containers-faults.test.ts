import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  billOf,
  type ContainerBench,
  createContainerBench,
  trafficOf,
} from '../../support/cost/container-bench.ts';

let bench: ContainerBench;
beforeEach(async () => {
  bench = await createContainerBench();
});
afterEach(() => bench.close());

describe('what goes wrong with Modal', () => {
  test.each([
    [16, 'auth', /check the token id and secret/],
    [7, 'plan', /may not read this workspace.*billing.containers/],
    [8, 'rate_limited', /tried again later/],
  ])('status %i is said, and the model stays', async (code, kind, message) => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await bench.office(traffic);
    const modelled = await total();
    bench.modal.containerFaults = Array.from({ length: 50 }, () => ({ code, details: 'no' }));
    const failed = ask();
    await expect(failed).rejects.toMatchObject({ code: kind });
    await expect(failed).rejects.toThrow(message);
    await settle();
    expect(await total()).toBe(modelled);
  });

  test('a token that Modal does not know is said', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask } = await bench.office(traffic, { env: { ID: 'ak-other', SECRET: 'as-other' } });
    await expect(ask()).rejects.toMatchObject({ code: 'auth' });
  });

  test('a limit that is met on the way keeps what came, and the next run asks for the rest', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle, total } = await bench.office(traffic);
    // The function of a call, the calls, one container; then no more.
    bench.modal.containerFaults = [null, null, null, { code: 8, details: 'slow down' }];
    await expect(ask()).rejects.toMatchObject({ code: 'rate_limited' });
    expect(await bench.known('ended')).toHaveLength(1);
    bench.modal.asked.length = 0;
    expect(await ask()).toMatchObject({ asked: traffic.containers.length - 1 });
    expect(bench.modal.asked.filter((id) => id.startsWith('ta-'))).toHaveLength(
      traffic.containers.length - 1,
    );
    await settle();
    expect(await total()).toBe(billOf(traffic));
  });

  test('Modal that goes away on the way keeps what came', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask } = await bench.office(traffic);
    let containers = 0;
    bench.modal.onAsked = (id) => {
      if (id.startsWith('ta-')) containers += 1;
      if (containers === 2) void bench.modal.close();
    };
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await bench.known('ended')).toHaveLength(1);
  });

  test('a container that Modal does not know any more stays modelled, and is not asked about again', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask, settle } = await bench.office(traffic);
    const [gone, ...rest] = [...bench.modal.containers];
    bench.modal.containers = new Map(rest);
    expect(await ask()).toMatchObject({ unknown: 1, ended: rest.length });
    await settle();
    const modelled = (await bench.sessions()).filter(({ level }) => level === 'observed');
    const last = modelled.at(-1)?.closed_at ?? Number.POSITIVE_INFINITY;
    expect(last).toBeLessThan(traffic.containers[1]?.billedFrom ?? 0);
    expect(await bench.sessions()).toHaveLength(modelled.length + rest.length);
    bench.modal.asked.length = 0;
    await ask();
    expect(bench.modal.asked).not.toContain(gone?.[0]);
  });

  test('a refusal to list calls does not keep it from asking about containers', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask } = await bench.office(traffic);
    bench.modal.containerFaults = [null, { code: 12, details: 'not implemented' }];
    await expect(ask()).rejects.toMatchObject({ code: 'plan' });
    expect(await bench.known('ended')).toHaveLength(traffic.containers.length);
  });

  test('stopped on the way, it keeps what came', async () => {
    const traffic = trafficOf({ identity: true });
    const { ask } = await bench.office(traffic);
    const stop = new AbortController();
    bench.modal.onAsked = (id) => {
      if (id === traffic.containers[1]?.id) stop.abort(new Error('stopping'));
    };
    await expect(ask(stop.signal)).rejects.toThrow('stopping');
    expect(await bench.known('ended')).toHaveLength(1);
  });
});
