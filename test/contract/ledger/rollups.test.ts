import { expect, test } from 'vitest';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { MICROS_PER_HOUR } from '../../../src/core/units.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { type UsageQuery, type UsageRow, usage } from '../../../src/ledger/queries/rollups.ts';
import { rebuildRollups } from '../../../src/ledger/rebuild-rollups.ts';
import { SAMPLE_START, samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores, type TestStore } from '../../support/ledger/stores.ts';

const TRAFFIC = [...sampleTraffic(600, { everyUs: 30_000_000 })];

async function filled(target: TestStore): Promise<Ledger> {
  const ledger = await target.open();
  await importRequests(TRAFFIC, { ledger, price: samplePrice, batchSize: 101 });
  return ledger;
}

function quantileOf(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] as number;
}

const WINDOWS: [string, Pick<UsageQuery, 'from' | 'to'>][] = [
  ['whole hours', { from: SAMPLE_START, to: SAMPLE_START + 3 * MICROS_PER_HOUR }],
  ['parts of hours at both ends', { from: SAMPLE_START + 1e9, to: SAMPLE_START + 9.1e9 }],
  ['a part of one hour', { from: SAMPLE_START + 1e9, to: SAMPLE_START + 2e9 }],
  [
    'the end of one hour and the start of the next',
    { from: SAMPLE_START + 3e9, to: SAMPLE_START + 4e9 },
  ],
  ['up to an edge', { from: SAMPLE_START + 3e9, to: SAMPLE_START + MICROS_PER_HOUR }],
  ['no time at all', { from: SAMPLE_START, to: SAMPLE_START }],
];

describeStores('usage', (target) => {
  test.each(WINDOWS)('over %s equals what the requests themselves say', async (_name, window) => {
    const ledger = await filled(target);
    const rows = await usage(ledger.db, { ...window, by: ['client'], endpoint: 'generate' });
    const expected = TRAFFIC.filter(
      (r) => r.startedAt >= window.from && r.startedAt < window.to && r.endpoint === 'generate',
    );
    for (const client of ['ci', 'web', null]) {
      const mine = expected.filter((request) => request.client === client);
      expectSame(
        rows.find((row) => row.client === client),
        mine,
      );
    }
  });

  test('by every dimension at once adds up to usage by none', async () => {
    const ledger = await filled(target);
    const window = { from: SAMPLE_START, to: SAMPLE_START + 24 * MICROS_PER_HOUR };
    const [total] = await usage(ledger.db, { ...window, by: [] });
    const parts = await usage(ledger.db, {
      ...window,
      by: ['hour', 'endpoint', 'operation', 'client', 'outcome', 'region'],
    });
    expect(total?.sums.requests).toBe(TRAFFIC.length);
    expect(sum(parts, (row) => row.sums.bytes_out)).toBe(total?.sums.bytes_out);
    expect(total).toMatchObject({ hour: null, endpoint: null, client: null, outcome: null });
  });

  test('of an endpoint that nobody called is empty', async () => {
    const ledger = await filled(target);
    const window = { from: 0, to: Number.MAX_SAFE_INTEGER };
    expect(await usage(ledger.db, { ...window, by: [], endpoint: 'nobody' })).toEqual([]);
  });

  test('is the same after roll-ups have been made anew', async () => {
    const ledger = await filled(target);
    const read = () =>
      ledger.db
        .selectFrom('rollup_hours')
        .selectAll()
        .orderBy('hour')
        .orderBy('endpoint_id')
        .orderBy('operation_id')
        .orderBy('client_id')
        .orderBy('outcome')
        .execute();
    const before = await read();
    await ledger.db.updateTable('rollup_hours').set({ requests: 7, duration_sketch: '' }).execute();
    expect(await rebuildRollups(ledger)).toBe(5);
    expect(await read()).toEqual(before);
  });
});

function expectSame(row: UsageRow | undefined, requests: readonly ClosedRequest[]): void {
  expect(row?.sums.requests ?? 0).toBe(requests.length);
  expect(row?.sums.tokens_out ?? 0).toBe(sum(requests, (r) => r.tokensOut ?? 0));
  expect(row?.sums.duration_us ?? 0).toBe(sum(requests, (r) => r.durationUs));
  if (row === undefined) return;
  const withToken = requests.filter((r) => r.firstTokenUs !== null);
  expect(row.sketches.first_token.count).toBe(withToken.length);
  const exact = quantileOf(
    requests.map((r) => r.durationUs),
    0.95,
  );
  const found = row.sketches.duration.quantile(0.95) ?? 0;
  expect(Math.abs(found - exact) / exact).toBeLessThanOrEqual(0.0101);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
