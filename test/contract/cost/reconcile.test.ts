import { expect, test } from 'vitest';
import type { BillingRow } from '../../../src/core/billing-row.ts';
import { createPriceBook } from '../../../src/core/price-book/price-book.ts';
import { parseUsd } from '../../../src/core/units.ts';
import { createReconciler } from '../../../src/cost/reconcile.ts';
import { createWhatIf } from '../../../src/cost/what-if.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { billingCompleteUntil, storeBillingBatch } from '../../../src/ledger/queries/billing.ts';
import { costOfRequests } from '../../../src/ledger/queries/cost.ts';
import { totalNanoOf } from '../../../src/ledger/queries/request-costs.ts';
import { spendByEndpoint, spendOf } from '../../../src/ledger/queries/spend.ts';
import { A100, HOUR, SECOND } from '../../support/cost/records.ts';
import { derived, MONDAY, requestAt, settling } from '../../support/cost/settling.ts';
import { simulatedTraffic } from '../../support/cost/simulated-traffic.ts';
import { describeStores } from '../../support/ledger/stores.ts';
import type { SimulationSettings } from '../../support/sandbox/simulate.ts';

const DAY_US = 24 * HOUR;
const DAY = { from: MONDAY, to: MONDAY + DAY_US };
const ENDPOINT = { ...A100, maxInputs: 4, scaledownWindowUs: 120 * SECOND };
const priceBook = createPriceBook();

const ARRIVALS = Array.from({ length: 300 }, (_, index) => ({
  id: `r${index}`,
  at: MONDAY + (60 + index * 280 + ((index * 7_919) % 200)) * SECOND,
  serviceUs: (5 + ((index * 13) % 40)) * SECOND,
}));

/** A settled day, and the bill that Modal would send for it. */
async function settledDay(ledger: Ledger, modal: SimulationSettings = {}) {
  const { requests, bill } = simulatedTraffic(ENDPOINT, {
    arrivals: ARRIVALS,
    identity: false,
    salt: 1,
    modal: {
      maxInputs: ENDPOINT.maxInputs,
      scaledownWindowUs: ENDPOINT.scaledownWindowUs,
      until: DAY.to,
      ...modal,
    },
  });
  const { add, settleAt, clock } = settling(ledger, [ENDPOINT]);
  await add(...requests);
  await settleAt(2 * 86_400);
  const rows = bill.map(
    (row): BillingRow => ({
      objectId: 'ap-1',
      description: 'lift-sys-inference',
      environment: 'main',
      intervalStart: Date.parse(`${row.interval_start}Z`) * 1_000,
      intervalUs: HOUR,
      resource: row.resource,
      costNano: parseUsd(row.cost),
      tags: {},
    }),
  );
  const store = (part: readonly BillingRow[], intervalUs = HOUR) =>
    ledger.db
      .transaction()
      .execute((trx) => storeBillingBatch(trx, { ...DAY, intervalUs, rows: part }, clock.now()));
  const reconciler = createReconciler({ ledger, endpoints: [ENDPOINT], priceBook, clock });
  return { rows, store, reconciler, add, settleAgain: () => settleAt(2 * 86_400) };
}

const total = (rows: readonly BillingRow[]) =>
  rows.reduce((sum, { costNano }) => sum + costNano, 0);

describeStores('reconciliation', (store) => {
  test('takes the bill for the spend, and scales what requests cost to it', async () => {
    const ledger = await store.open();
    const day = await settledDay(ledger, { multiplierThousandths: 1_150 });
    const before = await spendOf(ledger.db, DAY);
    await day.store(day.rows);
    const report = await day.reconciler.run(DAY);
    expect(report.apps).toMatchObject([
      { app: 'lift-sys-inference', diagnosis: 'region_pin', ratioThousandths: 1_150 },
    ]);
    expect(report.apps[0]?.explainedThousandths).toBeGreaterThanOrEqual(950);
    const after = await spendOf(ledger.db, DAY);
    expect(after).toMatchObject({
      effectiveNano: total(day.rows),
      billedNano: total(day.rows),
      modelledNano: before.modelledNano,
    });
    expect(after.lines.residualNano).toBe(total(day.rows) - before.modelledNano);
    const { requests } = await derived(ledger);
    const reconciled = requests.filter((row) => row.cost_state === 'reconciled');
    expect(reconciled.length).toBeGreaterThan(280);
    expect((await costOfRequests(ledger.db, DAY)).totalNano).toBe(
      requests.reduce((sum, row) => sum + (row.total_nano ?? 0), 0),
    );
    const scaled = await ledger.db
      .selectFrom('request_costs')
      .selectAll()
      .where('modelled_nano', 'is not', null)
      .execute();
    const [to, from] = [
      scaled.reduce((sum, row) => sum + (totalNanoOf(row) ?? 0), 0),
      scaled.reduce((sum, row) => sum + (row.modelled_nano ?? 0), 0),
    ];
    expect(to / from).toBeCloseTo(1.15, 6);
  });

  test('requests that a late one made settle anew sum to the bill again', async () => {
    const ledger = await store.open();
    const day = await settledDay(ledger, { multiplierThousandths: 1_150 });
    await day.store(day.rows);
    await day.reconciler.run(DAY);
    const before = await costOfRequests(ledger.db, DAY);
    await day.add(requestAt([3_600, 3_610]));
    expect(await day.settleAgain()).toMatchObject({ rewound: 1 });
    const { requests } = await derived(ledger);
    expect(requests.filter(({ cost_state }) => cost_state === 'settled')).toEqual([]);
    const after = await costOfRequests(ledger.db, DAY);
    // The same bill, shared with one more.
    expect(Math.abs(after.totalNano - before.totalNano)).toBeLessThan(before.totalNano / 500);
    expect(after.requests).toBe(before.requests + 1);
  });

  test('an app whose name two environments have is told apart by `environment/name`', async () => {
    const ledger = await store.open();
    const day = await settledDay(ledger);
    const other = day.rows.map((row) => ({ ...row, objectId: 'ap-2', environment: 'dev' }));
    await day.store([...day.rows, ...other]);
    const endpoints = [{ ...ENDPOINT, modalApp: 'main/lift-sys-inference' }];
    const { clock } = settling(ledger);
    const report = await createReconciler({ ledger, endpoints, priceBook, clock }).run(DAY);
    expect(report.apps).toMatchObject([{ app: 'main/lift-sys-inference', diagnosis: 'agrees' }]);
    expect(report.otherNano).toBe(total(other));
  });

  test('a newer bill replaces the older, and doing it again changes nothing', async () => {
    const ledger = await store.open();
    const day = await settledDay(ledger);
    await day.store(day.rows.map((row) => ({ ...row, costNano: Math.floor(row.costNano / 2) })));
    await day.reconciler.run(DAY);
    await day.store(day.rows);
    await day.reconciler.run(DAY);
    const once = await derived(ledger);
    expect((await spendOf(ledger.db, DAY)).effectiveNano).toBe(total(day.rows));
    expect(await day.reconciler.run(DAY)).toMatchObject({ corrections: 0 });
    expect(await derived(ledger)).toEqual(once);
    expect(await billingCompleteUntil(ledger.db, HOUR)).toBe(DAY.to);
  });

  test('counts each billed dollar once: by hour before by day, by resource before without', async () => {
    const ledger = await store.open();
    const day = await settledDay(ledger);
    const whole = { ...(day.rows[0] as BillingRow), resource: null, costNano: 5_000_000_000 };
    await day.store([{ ...whole, intervalStart: MONDAY, intervalUs: DAY_US }], DAY_US);
    await day.reconciler.run(DAY);
    expect((await spendOf(ledger.db, DAY)).effectiveNano).toBe(5_000_000_000);
    const split = day.rows.flatMap((row) => [row, { ...row, resource: null }]);
    await day.store(split);
    await day.reconciler.run(DAY);
    expect((await spendOf(ledger.db, DAY)).effectiveNano).toBe(total(day.rows));
  });

  test('keeps what no endpoint names on a line of its own', async () => {
    const ledger = await store.open();
    const day = await settledDay(ledger);
    const volume = { ...(day.rows[0] as BillingRow), objectId: 'vo-1', description: 'models' };
    await day.store([...day.rows, { ...volume, costNano: 7_000_000 }]);
    const report = await day.reconciler.run(DAY);
    expect(report.otherNano).toBe(7_000_000);
    const endpoints = await spendByEndpoint(ledger.db, DAY);
    expect(endpoints.find(({ endpoint }) => endpoint === null)).toMatchObject({
      effectiveNano: 7_000_000,
      modelledNano: 0,
    });
    const named = endpoints.filter(({ endpoint }) => endpoint !== null);
    expect(named.reduce((sum, { effectiveNano }) => sum + effectiveNano, 0)).toBe(total(day.rows));
  });

  test.each([
    [300, 'scaledown_window'],
    [9_000, 'scaledown_window'],
    [90_000, 'outside_traffic'],
  ])('with %i requests an hour replays the newest hours, or none', async (requests, diagnosis) => {
    const ledger = await store.open();
    const day = await settledDay(ledger, { scaledownWindowUs: 300 * SECOND });
    await day.store(day.rows);
    // As many requests would take long to store, and their number is all that is asked.
    await ledger.db.updateTable('cost_hours').set({ requests }).execute();
    const { apps } = await day.reconciler.run(DAY);
    expect(apps).toMatchObject([{ diagnosis, billedNano: total(day.rows) }]);
  });

  test('leaves hours that the report does not have yet as modelled', async () => {
    const ledger = await store.open();
    const day = await settledDay(ledger);
    const late = day.rows.filter((row) => row.intervalStart < MONDAY + 12 * HOUR);
    const before = await spendOf(ledger.db, DAY);
    await day.store(late);
    const report = await day.reconciler.run(DAY);
    expect(report.apps).toMatchObject([{ diagnosis: 'report_late' }]);
    const after = await spendOf(ledger.db, DAY);
    expect(Math.abs(after.effectiveNano - before.effectiveNano)).toBeLessThan(1_000);
    expect(after.billedNano).toBe(total(late));
  });
});

describeStores('what-if', (store) => {
  test('replays the past under other settings', async () => {
    const ledger = await store.open();
    await settledDay(ledger);
    const whatIf = createWhatIf({ ledger, endpoints: [ENDPOINT], priceBook });
    const [shorter] = await whatIf.run(DAY, { scaledownWindowUs: 10 * SECOND });
    expect(shorter).toMatchObject({ endpoint: 'generate', requests: 300, coldStartUs: null });
    const spend = await spendOf(ledger.db, DAY);
    expect(shorter?.asConfigured.totalNano).toBe(spend.modelledNano);
    expect(shorter?.changed.idleNano).toBeLessThan(shorter?.asConfigured.idleNano ?? 0);
    expect(shorter?.changed.busyNano).toBeLessThanOrEqual(shorter?.asConfigured.busyNano ?? 0);
    expect(shorter?.savingPerMonthNano).toBe((shorter?.savingNano ?? 0) * 30);
    const [faster] = await whatIf.run(DAY, { gpu: 'H100', speedFactor: 2 });
    expect(faster?.changed.busyNano).toBeLessThan(shorter?.asConfigured.busyNano ?? 0);
    const [best] = await whatIf.topSavings(DAY, 3);
    expect(best?.savingNano).toBeGreaterThanOrEqual(shorter?.savingNano ?? 0);
    await expect(whatIf.run(DAY, {}, 'nobody')).rejects.toThrow('there are: generate');
    await expect(whatIf.run(DAY, { gpu: 'B999' })).rejects.toThrow('no price');
  });
});
