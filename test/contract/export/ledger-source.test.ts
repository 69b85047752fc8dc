import { expect, test } from 'vitest';
import type { AlertEvent } from '../../../src/core/alert-event.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import {
  pruneExportFeeds,
  recordAlertEvents,
  recordCostChanges,
} from '../../../src/ledger/queries/export-feeds.ts';
import { ledgerExportSource } from '../../../src/ledger/queries/export-source.ts';
import { RequestWriter } from '../../../src/ledger/request-writer.ts';
import type { ExportPlace, ExportStream } from '../../../src/ports/export-source.ts';
import { SAMPLE_START, samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const SECOND = 1_000_000;
const place = (stream: ExportStream, sink = 'honeycomb'): ExportPlace => ({ sink, stream });

async function fill(ledger: Ledger, count: number) {
  const traffic = [...sampleTraffic(count, { everyUs: SECOND })];
  const writer = new RequestWriter(ledger.db);
  await ledger.db.transaction().execute((trx) =>
    writer.write(
      trx,
      traffic.map((closed) => ({ closed, cost: samplePrice(closed) })),
    ),
  );
  return traffic;
}

const event = (at: number, over: Partial<AlertEvent> = {}): AlertEvent => ({
  at,
  rule: 'trigger.scale',
  subject: '',
  period: '',
  title: 'Scale',
  state: 'not_met',
  firing: false,
  value: 1,
  threshold: 100_000,
  unit: 'requests',
  reason: 'few',
  monthNano: null,
  began: false,
  ...over,
});

describeStores('the ledger as a source of exports', (store) => {
  test('gives every request in order and nothing twice, a page at a time', async () => {
    const ledger = await store.open();
    const source = ledgerExportSource(ledger.db);
    const traffic = await fill(ledger, 25);
    let at = await source.position(place('requests'), 0);
    const ids: string[] = [];
    for (;;) {
      const page = await source.read('requests', at, 10);
      if (page.items.length === 0) break;
      for (const item of page.items) if (item.kind === 'request') ids.push(item.request.id);
      at = page.readTo;
      await source.advance(place('requests'), at, SAMPLE_START);
    }
    expect(ids).toEqual(traffic.map((closed) => closed.id));
    expect(await source.position(place('requests'), 0)).toBe(at);
    expect(await source.pending('requests', at)).toEqual({ depth: 0, oldestAt: null });
  });

  test('starts a new sink at what is recent enough, and remembers that start', async () => {
    const ledger = await store.open();
    const source = ledgerExportSource(ledger.db);
    const traffic = await fill(ledger, 10);
    const since = traffic[6]?.startedAt ?? 0;
    expect(await source.position(place('requests'), since)).toBe(6);
    expect(await source.position(place('requests'), 0)).toBe(6);
    expect(await source.position(place('requests', 'late'), since + 3_600 * SECOND)).toBe(10);
  });

  test('says how much waits and since when', async () => {
    const ledger = await store.open();
    const source = ledgerExportSource(ledger.db);
    const [, , third] = await fill(ledger, 5);
    expect(await source.pending('requests', 2)).toEqual({
      depth: 3,
      oldestAt: (third?.startedAt ?? 0) + (third?.durationUs ?? 0),
    });
  });

  test('tells changes of final cost with their request, and steps over deleted ones', async () => {
    const ledger = await store.open();
    const source = ledgerExportSource(ledger.db);
    const traffic = await fill(ledger, 3);
    await source.position(place('costs'), 0);
    await ledger.db.transaction().execute((trx) =>
      recordCostChanges(
        trx,
        [
          { requestSeq: 2, state: 'settled', totalNano: 50, previousNano: null },
          { requestSeq: 1, state: 'settled', totalNano: 70, previousNano: null },
          { requestSeq: 2, state: 'reconciled', totalNano: 60, previousNano: 50 },
        ],
        SAMPLE_START,
      ),
    );
    await ledger.db.deleteFrom('requests').where('seq', '=', 1).execute();
    const page = await source.read('costs', 0, 10);
    expect(page.readTo).toBe(3);
    expect(page.items).toMatchObject([
      {
        position: 1,
        change: { totalNano: 50, previousNano: null },
        request: { id: traffic[1]?.id },
      },
      { position: 3, change: { state: 'reconciled', previousNano: 50 } },
    ]);
  });

  test('tells evaluations, and of those that began to fire as markers', async () => {
    const ledger = await store.open();
    const source = ledgerExportSource(ledger.db);
    const events = [event(SAMPLE_START), event(SAMPLE_START + 1, { began: true, firing: true })];
    await ledger.db.transaction().execute((trx) => recordAlertEvents(trx, events));
    expect((await source.read('alerts', 0, 10)).items).toMatchObject(
      events.map((each, index) => ({ position: index + 1, event: each })),
    );
    expect((await source.read('markers', 0, 10)).items).toMatchObject([{ position: 2 }]);
    expect(await source.pending('markers', 2)).toEqual({ depth: 0, oldestAt: null });
  });

  test('moves past a refused item and remembers it, once', async () => {
    const ledger = await store.open();
    const source = ledgerExportSource(ledger.db);
    await fill(ledger, 2);
    const refused = { position: 1, subject: 'request', reason: 'HTTP 400', at: SAMPLE_START };
    await source.setAside(place('requests'), refused);
    await source.setAside(place('requests'), refused);
    expect(await source.position(place('requests'), 0)).toBe(1);
    expect(await source.refusedCount('honeycomb')).toBe(1);
    expect(await source.refusedCount('other')).toBe(0);
  });

  test('notes no cost change while no sink listens', async () => {
    const ledger = await store.open();
    const source = ledgerExportSource(ledger.db);
    await fill(ledger, 1);
    const change = { requestSeq: 1, state: 'settled', totalNano: 1, previousNano: null } as const;
    await ledger.db.transaction().execute((trx) => recordCostChanges(trx, [change], SAMPLE_START));
    expect((await source.read('costs', 0, 10)).readTo).toBe(0);
  });

  test('forgets feeds once every sink has them, and at once when there is no sink', async () => {
    const ledger = await store.open();
    const source = ledgerExportSource(ledger.db);
    await fill(ledger, 1);
    for (const stream of ['costs', 'alerts'] as const) await source.position(place(stream, 'a'), 0);
    const change = { requestSeq: 1, state: 'settled', totalNano: 1, previousNano: null } as const;
    await ledger.db.transaction().execute(async (trx) => {
      await recordCostChanges(trx, [change, change, change], SAMPLE_START);
      await recordAlertEvents(trx, [event(1), event(2)]);
    });
    const left = async () => [
      (await source.read('costs', 0, 10)).items.length,
      (await source.read('alerts', 0, 10)).items.length,
    ];
    await source.advance(place('costs', 'a'), 3, 0);
    await pruneExportFeeds(ledger.db, ['a', 'b']);
    expect(await left()).toEqual([3, 2]);
    await source.advance(place('costs', 'b'), 2, 0);
    for (const sink of ['a', 'b']) await source.advance(place('alerts', sink), 2, 0);
    await source.advance(place('markers', 'a'), 1, 0);
    await pruneExportFeeds(ledger.db, ['a', 'b']);
    expect(await left()).toEqual([1, 1]);
    await pruneExportFeeds(ledger.db, []);
    expect(await left()).toEqual([0, 0]);
  });
});
