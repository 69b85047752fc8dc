import { expect, test } from 'vitest';
import { createExporter } from '../../../src/export/exporter.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import { ledgerExportSource } from '../../../src/ledger/queries/export-source.ts';
import { leaseStore } from '../../../src/ledger/queries/leases.ts';
import { heldLease } from '../../../src/office/held-lease.ts';
import type { ExportItem } from '../../../src/ports/export-source.ts';
import { memoryLog } from '../../support/export/memory-log.ts';
import { StillClock } from '../../support/journal/journal-kit.ts';
import { samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const SECOND = 1_000_000;

describeStores('several offices at one ledger', (target) => {
  test('send each span once; another goes on where the first one ended or died', async () => {
    const ledger = await target.open();
    const clock = new StillClock();
    const sent: string[] = [];
    const officeOf = (holder: string) => {
      const lease = heldLease({ name: 'export', holder, store: leaseStore(ledger.db), clock });
      const lane = {
        stream: 'requests' as const,
        batchItems: 10,
        deliver: async (items: readonly ExportItem[]) => {
          for (const item of items) if (item.kind === 'request') sent.push(item.request.id);
          return { kind: 'accepted' as const };
        },
      };
      const exporter = createExporter({
        ...{ clock, holds: lease.holds, random: () => 0, log: memoryLog() },
        sinks: [{ name: 'sink', backfillUs: Number.MAX_SAFE_INTEGER, lanes: [lane] }],
        source: ledgerExportSource(ledger.db),
      });
      const drain = async () => {
        while ((await exporter.step('sink')).state === 'busy');
      };
      return { lease, drain, exporter };
    };
    const traffic = [...sampleTraffic(60)];
    const grow = (from: number, to: number) =>
      importRequests(traffic.slice(from, to), { ledger, price: samplePrice });
    const [first, second, third] = [officeOf('1'), officeOf('2'), officeOf('3')];
    await grow(0, 20);
    for (const office of [first, second, third]) await office.drain();
    // One that waits says how far the others are, and remembers no place of its own.
    await second.exporter.health();
    await grow(20, 40);
    for (const office of [second, first, third]) await office.drain();
    await first.lease.release();
    clock.advance(6 * SECOND);
    await second.drain();
    await grow(40, 50);
    await second.drain();
    // It dies: nobody renews, and after a minute the third follows.
    clock.advance(30 * SECOND);
    await third.drain();
    expect(sent).toHaveLength(50);
    clock.advance(31 * SECOND);
    await grow(50, 60);
    await third.drain();
    expect(sent).toEqual(traffic.map(({ id }) => id));
  });
});
