import { expect, test } from 'vitest';
import { importRequests } from '../../../src/ledger/import.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import {
  countAfter,
  exportRequests,
  oldestAfter,
  requestsAfter,
} from '../../../src/ledger/queries/export.ts';
import { SAMPLE_START, samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const TRAFFIC = [...sampleTraffic(2_300)];

describeStores('export', (target) => {
  test('gives every request once, in the order of intake, over many pages', async () => {
    const ledger = await target.open();
    const counts = await importRequests(TRAFFIC, { ledger, price: samplePrice, batchSize: 700 });
    expect(counts).toEqual({ inserted: 2_300, repeated: 0 });
    const ids: string[] = [];
    let last = 0;
    for await (const { seq, request } of exportRequests(ledger.db)) {
      expect(seq).toBeGreaterThan(last);
      last = seq;
      ids.push(request.id);
    }
    expect(ids).toEqual(TRAFFIC.map((request) => request.id));
  });

  test('filters by time and endpoint', async () => {
    const ledger = await target.open();
    await importRequests(TRAFFIC.slice(0, 200), { ledger, price: samplePrice });
    const filter = { since: SAMPLE_START + 1e6, until: SAMPLE_START + 5e6, endpoint: 'chat' };
    const ids: string[] = [];
    for await (const { request } of exportRequests(ledger.db, filter)) ids.push(request.id);
    const expected = TRAFFIC.slice(0, 200).filter(
      (r) => r.startedAt >= filter.since && r.startedAt < filter.until && r.endpoint === 'chat',
    );
    expect(ids).toEqual(expected.map((request) => request.id));
    for await (const found of exportRequests(ledger.db, { endpoint: 'nobody' })) {
      expect.fail(`found ${found.seq}`);
    }
  });

  test('a cursor knows how far behind it is', async () => {
    const ledger = await target.open();
    await importRequests(TRAFFIC.slice(0, 10), { ledger, price: samplePrice });
    const [first, second] = await requestsAfter(ledger.db, 0, 2);
    expect(first?.request.id).toBe(TRAFFIC[0]?.id);
    expect(await countAfter(ledger.db, second?.seq ?? 0)).toBe(8);
    expect(await oldestAfter(ledger.db, second?.seq ?? 0)).toBe(TRAFFIC[2]?.startedAt);
    expect(await oldestAfter(ledger.db, 1_000)).toBeNull();
  });

  test.runIf(target.name !== 'sqlite-memory')(
    'a reader sees what is committed beside it',
    async () => {
      const settings = await target.place();
      const writer = await openLedger(settings);
      await importRequests(TRAFFIC.slice(0, 5), { ledger: writer, price: samplePrice });
      const reader = await openLedger({ ...settings, readOnly: true });
      expect(await countAfter(reader.db, 0)).toBe(5);
      await importRequests(TRAFFIC.slice(5, 9), { ledger: writer, price: samplePrice });
      expect(await countAfter(reader.db, 0)).toBe(9);
      await reader.close();
      await writer.close();
    },
  );

  test.runIf(target.name === 'sqlite-file')('a reader can write nothing', async () => {
    const settings = await target.place();
    await (await openLedger(settings)).close();
    const reader = await openLedger({ ...settings, readOnly: true });
    await expect(reader.db.deleteFrom('requests').execute()).rejects.toThrow('readonly');
    await reader.close();
  });

  test.runIf(target.name === 'postgres')('a ledger without tables refuses a reader', async () => {
    const settings = await target.place();
    await expect(openLedger({ ...settings, readOnly: true })).rejects.toThrow('tripmeter serve');
  });
});
