import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CollectorError } from '../../../collectors/collector-error.ts';
import { connectModal } from '../../../collectors/modal-api/connect.ts';
import { modalBilling } from '../../../collectors/modal-billing/modal-billing.ts';
import { pullBilling } from '../../../collectors/modal-billing/pull.ts';
import type { BillingBatch } from '../../../src/core/billing-row.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../../src/core/units.ts';
import {
  FAKE_CREDENTIALS,
  type FakeModal,
  type ReportItem,
  startFakeModal,
} from '../../support/fake-modal/fake-modal.ts';

const NOW = Date.parse('2026-11-20T10:20:30Z') * 1_000;
const HOUR = (text: string) => Date.parse(text) / 1_000;

let modal: FakeModal;
let serverUrl: string | undefined;

beforeEach(async () => {
  modal = await startFakeModal();
  serverUrl = process.env.MODAL_SERVER_URL;
  process.env.MODAL_SERVER_URL = modal.url;
});

afterEach(async () => {
  process.env.MODAL_SERVER_URL = serverUrl;
  if (serverUrl === undefined) {
    delete process.env.MODAL_SERVER_URL;
  }
  await modal.close();
});

const connect = () => connectModal(FAKE_CREDENTIALS);

function item(at: string, cost: string, split?: Record<string, string>): ReportItem {
  return {
    objectId: 'ap-1',
    description: 'lift-sys-inference',
    environmentName: 'main',
    interval: { seconds: HOUR(at) },
    cost,
    tags: { team: 'core' },
    costByResource: split ?? {},
  };
}

async function pullAll(completeUntil: number | null): Promise<BillingBatch[]> {
  const { signal } = new AbortController();
  const batches: BillingBatch[] = [];
  for await (const batch of modalBilling(connect).pull({ now: NOW, completeUntil, signal })) {
    batches.push(batch);
  }
  return batches;
}

describe('the billing report through the real client', () => {
  test('comes as one row a resource, in integers, with its tags', async () => {
    modal.items = [
      item('2026-11-20T09:00:00Z', '2.5700000005', { H100: '2.50', CPU: '0.05', Memory: '0.02' }),
      item('2026-11-20T08:00:00Z', '0.125'),
    ];
    const batches = await pullAll(NOW);
    const rows = batches.flatMap((batch) => batch.rows);
    expect(rows.map((row) => [row.resource, row.costNano])).toEqual([
      ['H100', 2_500_000_001],
      ['CPU', 50_000_000],
      ['Memory', 20_000_000],
      [null, 125_000_000],
    ]);
    expect(rows[0]).toMatchObject({
      objectId: 'ap-1',
      environment: 'main',
      intervalStart: HOUR('2026-11-20T09:00:00Z') * 1_000_000,
      intervalUs: MICROS_PER_HOUR,
      tags: { team: 'core' },
    });
  });

  test('what the split leaves over is a row of its own, so that the parts sum to the bill', async () => {
    modal.items = [item('2026-11-20T09:00:00Z', '3.00', { H100: '2.50' })];
    const rows = (await pullAll(NOW)).flatMap((batch) => batch.rows);
    expect(rows.map((row) => [row.resource, row.costNano])).toEqual([
      ['H100', 2_500_000_000],
      ['Other', 500_000_000],
    ]);
  });

  test('the last 48 hours are asked for again, in full hours, cut at UTC days', async () => {
    const batches = await pullAll(NOW - MICROS_PER_HOUR);
    const spans = batches.map(({ from, to }) =>
      [from, to].map((at) => new Date(at / 1_000).toJSON()),
    );
    expect(spans).toEqual([
      ['2026-11-18T10:00:00.000Z', '2026-11-19T00:00:00.000Z'],
      ['2026-11-19T00:00:00.000Z', '2026-11-20T00:00:00.000Z'],
      ['2026-11-20T00:00:00.000Z', '2026-11-20T10:00:00.000Z'],
    ]);
    expect(modal.requests[0]).toMatchObject({ resolution: 'h', tagNames: ['*'] });
    expect(modal.metadata[0]).toMatchObject({ 'x-modal-token-id': 'ak-fake' });
  });

  test('a longer gap is asked for from where the last complete pull ended', async () => {
    const [first] = await pullAll(NOW - 10 * MICROS_PER_DAY);
    expect(new Date((first?.from ?? 0) / 1_000).toJSON()).toBe('2026-11-10T10:00:00.000Z');
  });

  test('a wrong token is an auth error that says so', async () => {
    const source = modalBilling(() => connectModal({ tokenId: 'ak-x', tokenSecret: 'as-x' }));
    const error = await failureOf(source.pull(pullOptions()));
    expect(error).toMatchObject({ code: 'auth', retryable: false });
    expect(error.message).toMatch(/Token ID not found; check the token/);
  });

  test('a proxy token is refused before any call', async () => {
    await expect(connectModal({ tokenId: 'wk-1', tokenSecret: 'ws-1' })).rejects.toMatchObject({
      code: 'auth',
      message: expect.stringContaining('API token (ak-…/as-…)'),
    });
    expect(modal.requests).toEqual([]);
  });

  test('without the optional package, the error says which version to install, and what else to do', async () => {
    const missing = () => Promise.reject(new Error("Cannot find package 'modal'"));
    await expect(connectModal(FAKE_CREDENTIALS, missing)).rejects.toMatchObject({
      code: 'not_installed',
      message: expect.stringMatching(/modal@0\.11\.1.*modal billing report --json/),
    });
  });

  test.each([
    ['a plan without the report', 7, 'plan', false, /Team and Enterprise/],
    ['a server without the method', 12, 'plan', false, /import a file/],
    ['a rate limit', 8, 'rate_limited', true, /tried again later/],
    ['a server in trouble', 14, 'unavailable', true, /tried again later/],
    ['a request that Modal refuses', 3, 'bad_data', false, /interface may have changed/],
  ] as const)('%s (status %i) is %s', async (_, status, code, retryable, message) => {
    modal.faults = [{ type: 'status', code: status, details: 'no luck' }];
    const error = await failureOf(modalBilling(connect).pull(pullOptions()));
    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toMatch(message);
    expect(error.message).toContain('no luck');
  });

  test('a stream that breaks half-way yields nothing of its window and keeps the windows before', async () => {
    modal.items = [
      item('2026-11-18T12:00:00Z', '1.00'),
      item('2026-11-19T12:00:00Z', '2.00'),
      item('2026-11-19T13:00:00Z', '4.00'),
    ];
    modal.faults = [null, { type: 'broken', items: 1, code: 2, details: 'cut' }];
    const kept: BillingBatch[] = [];
    const error = await failureOf(modalBilling(connect).pull(pullOptions()), kept);
    expect(error).toMatchObject({ code: 'partial', retryable: true });
    expect(error.message).toMatch(/after 1 rows: .*cut.*none of it was used/);
    expect(kept.flatMap((batch) => batch.rows.map((row) => row.costNano))).toEqual([1_000_000_000]);
  });

  test('a stream that goes silent is given up at its deadline', async () => {
    modal.items = [item('2026-11-20T09:00:00Z', '1.00')];
    modal.faults = [{ type: 'hang', items: 1 }];
    const window = { from: NOW - MICROS_PER_DAY, to: NOW };
    const { signal } = new AbortController();
    const pull = pullBilling(await connect(), {
      windows: [window],
      resolution: 'h',
      signal,
      timeoutMs: 300,
    });
    const error = await failureOf(pull);
    expect(error).toMatchObject({ code: 'partial', retryable: true });
    expect(error.message).toMatch(/did not end in time/);
  });

  test('a caller that stops waiting gets its own reason back', async () => {
    modal.faults = [{ type: 'hang', items: 0 }];
    const controller = new AbortController();
    const pull = modalBilling(connect).pull({ ...pullOptions(), signal: controller.signal });
    const next = pull[Symbol.asyncIterator]().next();
    controller.abort(new Error('shutting down'));
    await expect(next).rejects.toThrow('shutting down');
  });

  test('a row outside its window is refused, since nothing would ever replace it', async () => {
    const stray = { workspaceBillingReport: () => once(strayItem()) };
    const window = { from: NOW - MICROS_PER_DAY, to: NOW };
    const { signal } = new AbortController();
    const pull = pullBilling(stray, { windows: [window], resolution: 'h', signal });
    expect(await failureOf(pull)).toMatchObject({ code: 'bad_data' });
  });

  test.each([
    ['a cost that is no number', { cost: 'free' }],
    ['an item without an interval', { interval: undefined }],
  ])('%s is bad data', async (_, change) => {
    const bad = { workspaceBillingReport: () => once({ ...strayItem(), ...change }) };
    const window = { from: 0, to: NOW };
    const { signal } = new AbortController();
    const error = await failureOf(pullBilling(bad, { windows: [window], resolution: 'h', signal }));
    expect(error).toMatchObject({ code: 'bad_data', retryable: false });
  });

  test('nothing listening is unavailable, and clear about it', async () => {
    await modal.close();
    const error = await failureOf(modalBilling(connect).pull(pullOptions()));
    expect(error).toMatchObject({ code: 'unavailable', retryable: true });
  });
});

function pullOptions() {
  return { now: NOW, completeUntil: NOW, signal: new AbortController().signal };
}

function strayItem(): object {
  return {
    objectId: 'ap-1',
    description: '',
    environmentName: '',
    interval: new Date('2026-01-01T00:00:00Z'),
    cost: '1',
    tags: {},
    costByResource: {},
  };
}

async function* once(value: object): AsyncGenerator<object> {
  yield value;
}

async function failureOf(
  pull: AsyncIterable<BillingBatch>,
  kept: BillingBatch[] = [],
): Promise<CollectorError> {
  try {
    for await (const batch of pull) {
      kept.push(batch);
    }
  } catch (error) {
    return error as CollectorError;
  }
  throw new Error('the pull ended well');
}
