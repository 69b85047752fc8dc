import { expect, test } from 'vitest';
import { ledgerExportSource } from '../../../src/ledger/queries/export-source.ts';
import { requestAt, settling } from '../../support/cost/settling.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const COSTS = { sink: 'honeycomb', stream: 'costs' } as const;
const DAY = 86_400;

describeStores('settlement told to sinks', (store) => {
  test('has one change a request, late rows as corrections, and sums to the ledger', async () => {
    const ledger = await store.open();
    const source = ledgerExportSource(ledger.db);
    await source.position(COSTS, 0);
    const { add, settleAt } = settling(ledger);
    await add(requestAt([0, 10]), requestAt([5, 15]));
    await settleAt(DAY);
    const first = await source.read('costs', 0, 100);
    expect(first.items).toHaveLength(2);
    expect(
      first.items.every((item) => item.kind === 'cost' && item.change.previousNano === null),
    ).toBe(true);

    // A third one of the same session, come late: shares of the first two change.
    await add(requestAt([6, 12]));
    await settleAt(DAY);
    const { items } = await source.read('costs', 0, 100);
    expect(items.length).toBeGreaterThan(3);
    const told = new Map<string, number>();
    for (const item of items) {
      if (item.kind !== 'cost') continue;
      const { totalNano, previousNano } = item.change;
      told.set(item.request.id, (told.get(item.request.id) ?? 0) + totalNano - (previousNano ?? 0));
    }
    const totals = (await source.read('requests', 0, 100)).items.map((item) =>
      item.kind === 'request' ? [item.request.id, item.request.totalNano] : [],
    );
    expect([...told].sort()).toEqual(totals.sort());

    // Settling again changes nothing and tells nothing.
    await settleAt(DAY);
    expect((await source.read('costs', 0, 100)).items).toHaveLength(items.length);
  });
});
