import { expect, test } from 'vitest';
import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { storeContainerFacts } from '../../../src/ledger/queries/telemetry.ts';
import type { ContainerFact } from '../../../src/ports/collector.ts';
import { A100, HOUR, SECOND } from '../../support/cost/records.ts';
import { MONDAY, requestAt, settling } from '../../support/cost/settling.ts';
import { at, report, tell, tellCalls } from '../../support/cost/told-facts.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const MONTH = { from: MONDAY, to: MONDAY + 31 * 24 * HOUR };
/** Nano-dollars of a second. */
const RATE = 694_000;

const lives = async ({ db }: Ledger) =>
  (
    await db
      .selectFrom('container_sessions')
      .select(['started_at', 'closed_at', 'level', 'requests'])
      .orderBy('started_at')
      .execute()
  ).map(({ started_at, closed_at, level, requests }) => [
    (started_at - MONDAY) / SECOND,
    closed_at === null ? null : (closed_at - MONDAY) / SECOND,
    level,
    requests,
  ]);

/** A request of container `ta-1`, which was ready 10 s after its start at second 90. */
const named = (from: number, to: number) =>
  requestAt([from, to], {
    ...{ containerId: 'ta-1', containerAgeUs: (from - 90) * SECOND, readyDelayUs: 10 * SECOND },
  });

describeStores('lives of containers', (store) => {
  test('replace the modelled close, and join sessions that were one', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(named(100, 110), named(400, 410));
    await settleAt(2_000);
    expect(await lives(ledger)).toEqual([
      [90, 170, 'observed', 1],
      [170, 470, 'observed', 1],
    ]);
    await tell(ledger, [report('ta-1', [80, 100, 700])]);
    expect(await settleAt(2_100)).toMatchObject({ rewound: 1 });
    expect(await lives(ledger)).toEqual([[90, 700, 'authoritative', 2]]);
    const { lines, modelledNano } = await spendOf(ledger.db, MONTH);
    expect(modelledNano).toBe(610 * RATE);
    expect(lines).toMatchObject({ busyNano: 20 * RATE, coldNano: 10 * RATE });
  });

  test('are corrections of hours that were over', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(named(3_000, 3_010));
    await settleAt(9_000);
    await tell(ledger, [report('ta-1', [2_900, 3_000, 4_000])]);
    expect((await settleAt(9_100)).corrections).toBe(1);
    const rows = await ledger.db.selectFrom('cost_corrections').selectAll().execute();
    expect(rows.map(({ before_nano, after_nano }) => after_nano - before_nano)).toEqual([
      470 * RATE,
    ]);
    // The next hour had no figure that could be corrected.
    const next = { from: at(3_600), to: at(7_200) };
    expect((await spendOf(ledger.db, next)).modelledNano).toBe(400 * RATE);
  });

  test('are asked for once, and again only while they last', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(named(100, 110));
    await settleAt(2_000);
    expect(await tell(ledger, [report('ta-1', [80, 100, null])])).toBe(0);
    expect(await settleAt(2_100)).toMatchObject({ rewound: 0 });
    expect(await tell(ledger, [report('ta-1', [80, 100, 300])])).toBe(0);
    expect(await tell(ledger, [report('ta-1', [80, 100, 300])])).toBe(1);
  });

  test('end what a request could not have outlived', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(named(100, 110.5));
    await settleAt(2_000);
    await tell(ledger, [report('ta-1', [80, 100, 110])]);
    await settleAt(2_100);
    expect(await lives(ledger)).toEqual([[90, 110, 'authoritative', 1]]);
  });

  test('count once when the settings changed meanwhile, by the settings of their start', async () => {
    const ledger = await store.open();
    const first = settling(ledger);
    first.setNow(0);
    await first.settlement.run();
    await first.add(named(100, 110));
    const changed: EndpointSettings = { ...A100, scaledownWindowUs: 120 * SECOND };
    const second = settling(ledger, [changed]);
    second.setNow(300);
    await second.settlement.run();
    await second.add(named(400, 410));
    second.setNow(5_000);
    await second.settleAt(4_000);
    await tell(ledger, [report('ta-1', [80, 100, 1_000])]);
    await second.settleAt(4_100);
    expect(await lives(ledger)).toEqual([[90, 1_000, 'authoritative', 2]]);
    expect((await spendOf(ledger.db, MONTH)).modelledNano).toBe(910 * RATE);
  });

  test('of standing containers do not end their place', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger, [{ ...A100, minContainers: 1 }]);
    await add(named(100, 110), requestAt([5_000, 5_010]));
    await settleAt(9_000);
    const before = await spendOf(ledger.db, MONTH);
    expect(await tell(ledger, [report('ta-1', [80, 100, 700])])).toBe(1);
    await settleAt(9_100);
    const after = await spendOf(ledger.db, MONTH);
    expect(after.modelledNano - before.modelledNano).toBe(100 * RATE);
    expect((await lives(ledger)).every(([, , level]) => level !== 'authoritative')).toBe(true);
  });

  test('of containers that served nothing are exact too', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([10, 20]));
    const seen: ContainerFact = {
      ...{ kind: 'containers_running', since: null, temporality: 'gauge', count: 1, value: 1 },
      ...{ containerId: 'ta-9', appId: 'ap-1', appName: 'lift-sys-inference', environment: 'main' },
      ...{ functionId: 'fu-1', functionName: 'generate', at: at(0) },
    };
    const points = [3_000, 3_060, 3_120].map(
      (second): ContainerFact => ({ ...seen, at: at(second) }),
    );
    const cold: ContainerFact = {
      ...{ ...seen, kind: 'cold_start_us', temporality: 'delta' },
      ...{ value: 30 * SECOND, at: at(3_060) },
    };
    await ledger.db.transaction().execute((trx) => storeContainerFacts(trx, [...points, cold]));
    await settleAt(8_000);
    const rough = (await spendOf(ledger.db, MONTH)).modelledNano;
    expect(rough).toBe((70 + 180) * RATE);
    await tell(ledger, [report('ta-9', [2_900, 2_990, 3_150])]);
    await settleAt(8_100);
    const { modelledNano, lines } = await spendOf(ledger.db, MONTH);
    expect(modelledNano).toBe((70 + 190) * RATE);
    expect(lines.coldNano).toBe(30 * RATE);
    expect((await lives(ledger)).at(-1)).toEqual([2_960, 3_150, 'authoritative', 0]);
    await settleAt(8_200);
    expect((await spendOf(ledger.db, MONTH)).modelledNano).toBe(modelledNano);
  });
});

describeStores('places of calls', (store) => {
  const call = (id: string, container: string, [from, to]: readonly [number, number]) => ({
    functionCallId: id,
    enqueuedAt: at(from) - 90 * SECOND,
    ran: {
      containerId: container,
      from: at(from),
      us: Math.round((to - from) * SECOND),
      bootUs: 80 * SECOND,
    },
    final: true,
  });

  test('tell requests apart that the model had put together, and boot from work', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    const arrived = { sentUs: 0, functionCallId: 'fc-1' };
    await add(
      requestAt([10, 110], arrived),
      requestAt([12, 112], { ...arrived, functionCallId: 'fc-2' }),
    );
    await settleAt(2_000);
    expect(await lives(ledger)).toEqual([[10, 172, 'inferred', 2]]);
    await tellCalls(ledger, [call('fc-1', 'ta-1', [100, 110]), call('fc-2', 'ta-2', [102, 112])]);
    await settleAt(2_100);
    expect((await lives(ledger)).map(([, , level]) => level)).toEqual(['observed', 'observed']);
    await tell(ledger, [report('ta-1', [10, 100, 150]), report('ta-2', [12, 102, 160])]);
    await settleAt(2_200);
    expect(await lives(ledger)).toEqual([
      [20, 150, 'authoritative', 1],
      [22, 160, 'authoritative', 1],
    ]);
    const { lines } = await spendOf(ledger.db, MONTH);
    expect(lines).toMatchObject({ busyNano: 20 * RATE, coldNano: 160 * RATE });
  });

  test('of another time are not believed', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    await add(requestAt([10, 20], { functionCallId: 'fc-1' }));
    await settleAt(2_000);
    const before = await lives(ledger);
    await tellCalls(ledger, [call('fc-1', 'ta-1', [500, 510])]);
    await settleAt(2_100);
    expect(await lives(ledger)).toEqual(before);
  });
});
