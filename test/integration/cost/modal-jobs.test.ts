import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { billingCompleteUntil } from '../../../src/ledger/queries/billing.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { modalJobs } from '../../../src/office/modal-jobs.ts';
import { serialQueue } from '../../../src/office/serial-queue.ts';
import { pricingOf } from '../../../src/wiring/pricing-of.ts';
import { A100, HOUR, SECOND } from '../../support/cost/records.ts';
import { MONDAY, requestAt, settling } from '../../support/cost/settling.ts';
import { memoryLog } from '../../support/export/memory-log.ts';
import {
  type FakeModal,
  type ReportItem,
  startFakeModal,
} from '../../support/fake-modal/fake-modal.ts';

const ENDPOINT = { ...A100, maxInputs: 4, scaledownWindowUs: 120 * SECOND, modalApp: 'lift-sys' };
const TOKEN = 'billing: { token: { id: { env: ID }, secret: { env: SECRET } } }\n';
const NOW = MONDAY + 3 * 24 * HOUR;
const DAY = { from: MONDAY, to: MONDAY + 24 * HOUR };
/** Modelled dollars of an hour: twelve requests of 10 s, each with an idle tail of 120 s. */
const HOUR_USD = 12 * 130 * 0.000694;

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

function configOf(billing: string, env: Record<string, string>) {
  const endpoints =
    'endpoints: { generate: { upstream: https://ws--generate.modal.run, gpu: A100-80GB, cpuCores: 0, ' +
    'memoryGiB: 0, maxInputs: 4, scaledownWindow: 120s, modalApp: lift-sys } }\n';
  const loaded = loadConfig({
    text: billing + endpoints,
    file: '/tripmeter.yaml',
    workingDir: '/',
    secretSources: { env, readFile: () => '' },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

/** The office's jobs over a ledger with a settled day of requests. */
async function office({
  env = { ID: 'ak-fake', SECRET: 'as-fake' },
  now = NOW,
  inTurn = serialQueue(),
} = {}) {
  const { add, settleAt } = settling(ledger, [ENDPOINT]);
  await add(
    ...Array.from({ length: 288 }, (_, index) => requestAt([index * 300, index * 300 + 10])),
  );
  await settleAt(2 * 86_400);
  const config = configOf(TOKEN, env);
  const pricing = pricingOf(config);
  const log = memoryLog();
  const clock = { now: () => now, monotonic: () => now };
  const jobs = modalJobs({ ledger, config, clock, log, pricing, inTurn });
  const run = async (name: string) => {
    const { signal } = new AbortController();
    await jobs.find((job) => job.name === name)?.run({ slot: now, late: false, now, signal });
  };
  return { run, log, pricing };
}

/** The bill of the day, each hour `factor` times what the model says. */
function bill(factor: number): ReportItem[] {
  return Array.from({ length: 24 }, (_, hour) => ({
    objectId: 'ap-1',
    description: 'lift-sys',
    environmentName: 'main',
    interval: { seconds: (MONDAY + hour * HOUR) / SECOND },
    cost: (HOUR_USD * factor).toFixed(9),
    costByResource: { 'A100-80GB': (HOUR_USD * factor).toFixed(9) },
  }));
}

describe('the job that pulls the bill', () => {
  test('stores it, takes it for the spend, and says why it differs', async () => {
    modal.items = bill(1.15);
    const { run, log } = await office();
    const before = await spendOf(ledger.db, DAY);
    await run('modal-billing');
    const after = await spendOf(ledger.db, DAY);
    expect(before.billedNano).toBeNull();
    expect(after.effectiveNano).toBe(after.billedNano);
    expect(after.billedNano).toBeCloseTo(HOUR_USD * 1.15 * 24 * 1e9, -3);
    expect(await billingCompleteUntil(ledger.db, HOUR)).toBe(NOW);
    expect(log.lines.at(-1)?.fields).toMatchObject({
      rows: 24,
      apps: [{ app: 'lift-sys', diagnosis: 'region_pin' }],
    });
  });

  test('asks for the last 48 hours again, and a row that is gone is gone from the spend', async () => {
    modal.items = bill(1.15);
    const { run } = await office({ now: MONDAY + 30 * HOUR });
    await run('modal-billing');
    modal.items = bill(1.15).slice(0, 23);
    modal.requests.length = 0;
    await run('modal-billing');
    expect(modal.requests).toHaveLength(3);
    const lastHour = { from: MONDAY + 23 * HOUR, to: MONDAY + 24 * HOUR };
    const { billedNano, effectiveNano, modelledNano } = await spendOf(ledger.db, lastHour);
    expect(billedNano).toBeNull();
    expect(effectiveNano).toBe(modelledNano);
  });

  test('keeps what came before a stream that broke, and asks for the rest next time', async () => {
    modal.items = bill(1);
    const { run } = await office();
    // 35 days back, cut at days: the bill's own day is the last but two.
    modal.faults = [
      ...Array<null>(33).fill(null),
      { type: 'broken', items: 0, code: 2, details: 'cut' },
    ];
    await expect(run('modal-billing')).rejects.toMatchObject({ code: 'unavailable' });
    const complete = await billingCompleteUntil(ledger.db, HOUR);
    expect(complete).toBeGreaterThan(NOW - 35 * 24 * HOUR);
    expect(complete).toBeLessThan(NOW);
    expect((await spendOf(ledger.db, DAY)).billedNano).not.toBeNull();
    await run('modal-billing');
    expect(await billingCompleteUntil(ledger.db, HOUR)).toBe(NOW);
  });

  test.each([
    [7, 'plan', /Team and Enterprise.*import a file/],
    [8, 'rate_limited', /tried again later/],
    [14, 'unavailable', /tried again later/],
  ])('fails clearly with status %i, and the model stays', async (status, code, message) => {
    const { run } = await office();
    const before = await spendOf(ledger.db, DAY);
    modal.faults = [{ type: 'status', code: status, details: 'no' }];
    const failed = run('modal-billing');
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.toThrow(message);
    expect(await spendOf(ledger.db, DAY)).toEqual(before);
  });

  test.each([
    ['a wrong token', { type: 'status', code: 16, details: 'Token not found' }, /check the token/],
    ['a plan without the report', { type: 'status', code: 7, details: 'no' }, /import a file/],
    ['a rate limit', { type: 'status', code: 8, details: 'slow down' }, /slow down; it is tried/],
    [
      'a stream that broke half-way',
      { type: 'broken', items: 5, code: 13, details: 'cut' },
      /after 5 rows: cut; none of it was used/,
    ],
  ] as const)(
    'loses nothing to %s: what was billed stays, new requests settle',
    async (...given) => {
      const [, fault, message] = given;
      modal.items = bill(1.15);
      // The day's rows are still among the last 48 hours, which the next pull asks for again.
      const { run } = await office({ now: MONDAY + 30 * HOUR });
      await run('modal-billing');
      const before = await spendOf(ledger.db, DAY);
      modal.faults = [null, fault];
      const failed = run('modal-billing');
      await expect(failed).rejects.toThrow(message);
      await expect(failed).rejects.toThrow(/billing report for 2026-11-1\dT\S+ to 2026-11-1\dT/);
      expect(await spendOf(ledger.db, DAY)).toEqual(before);
      const { add, settleAt } = settling(ledger, [ENDPOINT]);
      const later = 4 * 24 * 3_600;
      await add(requestAt([later, later + 10]));
      await settleAt(later + 1_000);
      const fourthDay = { from: MONDAY + 4 * 24 * HOUR, to: MONDAY + 5 * 24 * HOUR };
      expect((await spendOf(ledger.db, fourthDay)).effectiveNano).toBe(130 * 694_000);
      await run('modal-billing');
      expect(await spendOf(ledger.db, DAY)).toEqual(before);
    },
  );

  test('says that a token is wrong', async () => {
    const { run } = await office({ env: { ID: 'ak-other', SECRET: 'as-other' } });
    await expect(run('modal-billing')).rejects.toMatchObject({ code: 'auth', retryable: false });
  });

  test('is not there without a token', () => {
    const config = configOf('', {});
    const clock = { now: () => NOW, monotonic: () => NOW };
    const parts = {
      ledger,
      config,
      clock,
      log: memoryLog(),
      pricing: pricingOf(config),
      inTurn: serialQueue(),
    };
    expect(modalJobs(parts)).toEqual([]);
  });
});

describe('the job that reads the rates', () => {
  test('prices requests by them from now on, and leaves the past alone', async () => {
    modal.rates = { gpu_hour_cost_a100_80gb: '2.00', gpu_hour_cost_b400: '9.00', storage: '0.09' };
    const { run, pricing, log } = await office();
    expect(pricing.book.unitPrice('gpu', 'B400', NOW)).toBeNull();
    await run('modal-rates');
    expect(pricing.book.unitPrice('gpu', 'A100-80GB', NOW)).toMatchObject({
      picoUsdPerSecond: 555_555_556,
      source: 'modal-rates:gpu_hour_cost_a100_80gb',
    });
    expect(pricing.book.unitPrice('gpu', 'A100-80GB', NOW - 1)?.picoUsdPerSecond).toBe(694_000_000);
    expect(pricing.book.unitPrice('gpu', 'B400', NOW)?.picoUsdPerSecond).toBe(2_500_000_000);
    expect(log.lines.at(-1)?.fields).toMatchObject({ changed: 2, unrecognised: ['storage=0.09'] });
    await run('modal-rates');
    expect(log.lines.at(-1)?.fields).toMatchObject({ changed: 0 });
  });
});
