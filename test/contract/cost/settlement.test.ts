import { expect, test } from 'vitest';
import { costBy } from '../../../src/ledger/queries/cost.ts';
import { spendByEndpoint, spendOf } from '../../../src/ledger/queries/spend.ts';
import { A100, SECOND } from '../../support/cost/records.ts';
import { derived, MONDAY, requestAt, settling } from '../../support/cost/settling.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const DAY = { from: MONDAY, to: MONDAY + 86_400 * SECOND };

describeStores('settlement', (store) => {
  test('gives a lone request its container’s whole cost', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([0, 10]));
    expect(await settleAt(100)).toMatchObject({ settled: 1, rowsRead: 1, rewound: 0 });
    const { requests, sessions, hours } = await derived(ledger);
    expect(requests).toMatchObject([
      {
        cost_state: 'settled',
        exec_us: 10 * SECOND,
        gpu_us: 10 * SECOND,
        exec_nano: 6_940_000,
        overhead_nano: 41_640_000,
        total_nano: 48_580_000,
        low_nano: 6_940_000,
      },
    ]);
    expect(sessions).toMatchObject([
      { started_at: MONDAY, closed_at: MONDAY + 70 * SECOND, requests: 1, idle_nano: 41_640_000 },
    ]);
    expect(hours).toMatchObject([
      { hour: MONDAY, app: 'lift-sys-inference', effective_nano: 48_580_000, billed_nano: null },
    ]);
  });

  test('keeps a request provisional while its container is open', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([0, 10]));
    await settleAt(30);
    expect(await derived(ledger)).toMatchObject({
      requests: [{ cost_state: 'provisional', exec_nano: 6_940_000, overhead_nano: null }],
      sessions: [{ closed_at: null, idle_us: 20 * SECOND }],
      hours: [{ busy_nano: 6_940_000, idle_nano: 20 * 694_000, effective_nano: 30 * 694_000 }],
    });
    await settleAt(71);
    expect((await derived(ledger)).requests).toMatchObject([{ cost_state: 'settled' }]);
  });

  test('counts what it has not seen as provisional, once', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([0, 10]));
    const before = await spendOf(ledger.db, DAY);
    expect(before).toMatchObject({ effectiveNano: 0, provisionalNano: 6_940_000 });
    await settleAt(100);
    await add(requestAt([200, 210]));
    const after = await spendOf(ledger.db, DAY);
    expect(after).toMatchObject({ effectiveNano: 48_580_000, provisionalNano: 6_940_000 });
    expect(after.totalNano).toBe(55_520_000);
  });

  test('splits the money by what it was spent on, and the lines sum to it', async () => {
    const ledger = await store.open();
    const standing = { ...A100, name: 'standing', minContainers: 1, maxInputs: 1 };
    const tokens = { ...A100, name: 'tokens', pricing: 'tokens', modalApp: null } as const;
    const odd = { ...A100, name: 'odd', gpu: 'B999', modalApp: null };
    const { add, settleAt } = settling(ledger, [A100, standing, tokens, odd]);
    await add(
      requestAt([0, 10], { outcome: 'app_error' }),
      requestAt([20, 30]),
      requestAt([5, 6], { paid: 'no', outcome: 'rejected' }),
      requestAt([0, 10], { endpoint: 'standing' }),
      requestAt([0, 1], { endpoint: 'tokens', model: 'kimi-k3', tokensIn: 1_000, tokensOut: 100 }),
      requestAt([0, 1], { endpoint: 'odd' }),
    );
    await settleAt(3_600);
    const spend = await spendOf(ledger.db, DAY);
    expect(spend.lines).toEqual({
      busyNano: 20 * 694_000,
      failedNano: 10 * 694_000,
      coldNano: 0,
      idleNano: 70 * 694_000,
      standingNano: 3_590 * 694_000,
      tokensNano: 4_500_000,
      residualNano: 0,
    });
    const lines = Object.values(spend.lines).reduce((sum, nano) => sum + nano, 0);
    expect(lines).toBe(spend.totalNano);
    expect(spend.unpriced).toBe(1);
    const endpoints = await spendByEndpoint(ledger.db, DAY);
    expect(endpoints.reduce((sum, { effectiveNano }) => sum + effectiveNano, 0)).toBe(
      spend.effectiveNano,
    );
  });

  test('splits a session at the hour’s edge to the nano-dollar', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([3_590, 3_605]));
    await settleAt(4_000);
    const { hours } = await derived(ledger);
    expect(hours.map((hour) => hour.effective_nano)).toEqual([10 * 694_000, 65 * 694_000]);
  });

  test('tells cost by operation and client, failures included in what a success costs', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(
      requestAt([0, 10], { operation: 'plan', client: 'ci' }),
      requestAt([100, 110], { operation: 'plan', outcome: 'upstream_error' }),
      requestAt([200, 210], { operation: 'code' }),
    );
    await settleAt(500);
    const costs = await costBy(ledger.db, 'operation', DAY);
    expect(costs).toMatchObject([
      {
        name: 'plan',
        requests: 2,
        successes: 1,
        totalNano: 97_160_000,
        perSuccessNano: 97_160_000,
      },
      { name: 'code', requests: 1, totalNano: 48_580_000, failedNano: 0 },
    ]);
    expect(costs[0]).toMatchObject({ failedNano: 48_580_000, provisional: 0 });
  });

  test('re-opens the session that a late row belongs to, and shows the correction', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([0, 10]), requestAt([7_200, 7_210]));
    await settleAt(8_000);
    await add(requestAt([5, 15]));
    expect(await settleAt(8_000)).toMatchObject({ rewound: 1, corrections: 1 });
    const { requests } = await derived(ledger);
    expect(requests.map((row) => row.total_nano)).toEqual([26_025_000, 26_025_000, 48_580_000]);
    const corrections = await ledger.db.selectFrom('cost_corrections').selectAll().execute();
    expect(corrections).toMatchObject([
      { hour: MONDAY, before_nano: 48_580_000, after_nano: 52_050_000, reason: 'late_rows' },
    ]);
    expect(await settleAt(8_000)).toMatchObject({ rewound: 0, rowsRead: 0, corrections: 0 });
  });

  test('waits for a request that is open, but not for ever', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([100, 110]), requestAt([5_000, 5_010]));
    const [{ endpoint_id }] = (await ledger.db
      .selectFrom('requests')
      .select('endpoint_id')
      .execute()) as [{ endpoint_id: number }];
    await ledger.db
      .insertInto('open_requests')
      .values({
        id: 'x',
        journal: 'j',
        started_at: MONDAY + 50 * SECOND,
        endpoint_id,
        parked: 0,
        payload: '{}',
      })
      .execute();
    expect(await settleAt(1_000)).toMatchObject({ rowsRead: 0 });
    expect(await settleAt(4_000)).toMatchObject({ settled: 1 });
  });

  test('settles history with the settings of its time', async () => {
    const ledger = await store.open();
    const before = settling(ledger);
    await before.add(requestAt([0, 10]));
    before.setNow(50);
    await before.settleAt(50);
    const shorter = { ...A100, scaledownWindowUs: 20 * SECOND };
    const after = settling(ledger, [shorter]);
    after.setNow(1_000);
    await after.add(requestAt([500, 510]));
    await after.settleAt(600);
    after.setNow(2_000);
    await after.add(requestAt([1_500, 1_510]));
    await after.settleAt(2_000);
    const { sessions } = await derived(ledger);
    expect(sessions.map(({ idle_us }) => idle_us / SECOND)).toEqual([60, 60, 20]);
  });

  test('takes containers and cold starts from what they say of themselves', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(
      requestAt([100, 150], {
        containerId: 'ta-1',
        coldStart: true,
        containerAgeUs: 40 * SECOND,
        readyDelayUs: 39 * SECOND,
        firstByteUs: 49 * SECOND,
      }),
    );
    await settleAt(1_000);
    expect(await derived(ledger)).toMatchObject({
      sessions: [{ level: 'observed', cold_us: 39 * SECOND, idle_us: 61 * SECOND }],
      requests: [
        {
          attribution: 'observed',
          exec_nano: 10 * 694_000,
          overhead_nano: 100 * 694_000,
          low_nano: 110 * 694_000,
          high_nano: 110 * 694_000,
        },
      ],
    });
  });
});

describeStores('two settlements at once', (store) => {
  test('the one that started later goes on, the other stops and leaves nothing behind', async () => {
    const ledger = await store.open();
    const [first, second] = [settling(ledger), settling(ledger)];
    await first.add(requestAt([0, 10]), requestAt([100, 110]));
    const results = await Promise.allSettled([first.settleAt(1_000), second.settleAt(1_000)]);
    expect(results.map(({ status }) => status)).toContain('fulfilled');
    for (const result of results) {
      if (result.status === 'rejected')
        expect(String(result.reason)).toContain('another settlement');
    }
    await second.settleAt(1_000);
    const { sessions } = await derived(ledger);
    expect(sessions).toHaveLength(2);
    expect((await spendOf(ledger.db, DAY)).effectiveNano).toBe(140 * 694_000);
  });
});
