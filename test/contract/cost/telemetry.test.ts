import { expect, test } from 'vitest';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { storeContainerFacts } from '../../../src/ledger/queries/telemetry.ts';
import type { ContainerFact } from '../../../src/ports/collector.ts';
import { A100, SECOND } from '../../support/cost/records.ts';
import { MONDAY, requestAt, settling } from '../../support/cost/settling.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const MINUTE = 60;
const DAY = { from: MONDAY, to: MONDAY + 86_400 * SECOND };

function fact(second: number, over: Partial<ContainerFact> = {}): ContainerFact {
  return {
    ...{
      kind: 'containers_running',
      at: MONDAY + second * SECOND,
      since: null,
      value: 1,
      count: 1,
    },
    ...{ temporality: 'gauge', containerId: 'ta-1', appId: 'ap-1', appName: 'lift-sys-inference' },
    ...{ functionId: 'fu-1', functionName: 'generate', environment: 'main' },
    ...over,
  };
}

/** A container that is seen every minute for ten minutes. */
function runningFor(containerId: string, from: number, over: Partial<ContainerFact> = {}) {
  return Array.from({ length: 10 }, (_, index) =>
    fact(from + index * MINUTE, { containerId, ...over }),
  );
}

const push = ({ db }: Ledger, facts: readonly ContainerFact[]) =>
  db.transaction().execute((trx) => storeContainerFacts(trx, facts));

describeStores('pushed telemetry', (store) => {
  test('counters that run on are differenced, restarts and repeated pushes included', async () => {
    const ledger = await store.open();
    const cold = (second: number, value: number, since = 0): ContainerFact =>
      fact(second, {
        ...{ kind: 'cold_start_us', temporality: 'cumulative', value },
        since: MONDAY + since * SECOND,
      });
    await push(ledger, [cold(60, 5_000_000), cold(120, 5_000_000)]);
    await push(ledger, [cold(60, 5_000_000), cold(120, 5_000_000)]);
    await push(ledger, [cold(180, 7_000_000)]);
    await push(ledger, [cold(240, 1_000_000, 200)]);
    const inputs = { kind: 'inputs_total', temporality: 'delta' } as const;
    await push(ledger, [fact(60, { ...inputs, value: 3 }), fact(120, { ...inputs, value: 4 })]);
    await push(ledger, [fact(120, { ...inputs, value: 4 })]);
    const row = await ledger.db
      .selectFrom('telemetry_containers')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ cold_start_us: 8_000_000, inputs: 7, samples: 0 });
  });

  test('a container that served nothing on record costs its boot and its wait', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([10, 20]));
    const cold = { kind: 'cold_start_us', temporality: 'delta', value: 90 * SECOND } as const;
    await push(ledger, [...runningFor('ta-1', 3_300), fact(3_300, cold)]);
    await settleAt(4_000);
    const before = (await spendOf(ledger.db, DAY)).lines;
    await settleAt(8_000);
    const { lines } = await spendOf(ledger.db, DAY);
    // Ten points a minute apart stand for ten minutes.
    expect(lines.coldNano - before.coldNano).toBe(90 * 694_000);
    expect(lines.idleNano - before.idleNano).toBe(510 * 694_000);
    expect(lines.busyNano).toBe(before.busyNano);
    await settleAt(9_000);
    expect((await spendOf(ledger.db, DAY)).lines).toEqual(lines);
  });

  test('a request that comes late and names it takes its place', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([10, 20]));
    await push(ledger, runningFor('ta-1', 3_300));
    await settleAt(8_000);
    const before = (await spendOf(ledger.db, DAY)).lines;
    expect(before.idleNano).toBe(660 * 694_000);
    await add(requestAt([3_400, 3_410], { containerId: 'ta-1', containerAgeUs: 100 * SECOND }));
    await settleAt(8_100);
    await settleAt(8_200);
    const { lines } = await spendOf(ledger.db, DAY);
    expect(lines.busyNano).toBe(20 * 694_000);
    expect(lines.idleNano + lines.coldNano).toBeLessThan(before.idleNano);
    expect(await sessions(ledger)).toHaveLength(2);
  });

  test('a container of another app, or of a standing endpoint, is not added', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger, [
      A100,
      { ...A100, name: 'warm', modalApp: 'warm', minContainers: 1 },
    ]);
    await add(requestAt([10, 20]), requestAt([10, 20], { endpoint: 'warm' }));
    await push(ledger, [
      ...runningFor('ta-other', 3_300, { appName: 'other', appId: 'ap-9', functionId: 'fu-9' }),
      ...runningFor('ta-warm', 3_300, { appName: 'warm', appId: 'ap-2', functionId: 'fu-2' }),
    ]);
    await settleAt(8_000);
    expect((await sessions(ledger)).filter(({ pool_id }) => pool_id < 0)).toEqual([]);
  });

  test('facts without a container are passed over', async () => {
    const ledger = await store.open();
    expect(await push(ledger, [fact(60, { containerId: null })])).toBe(0);
  });
});

function sessions({ db }: Ledger) {
  return db.selectFrom('container_sessions').selectAll().execute();
}
