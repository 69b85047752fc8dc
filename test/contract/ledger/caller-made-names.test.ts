import { expect, test } from 'vitest';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { type PricedRequest, RequestWriter } from '../../../src/ledger/request-writer.ts';
import { samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

/** Requests of which each has an operation, a client and a path of its own. */
function noisy(count: number, word: string): PricedRequest[] {
  return [...sampleTraffic(count)].map((request, index) => {
    const text = `${word}-${index}`;
    const closed = { ...request, operation: text, client: text, path: `/${text}` };
    return { closed, cost: samplePrice(closed) };
  });
}

async function distinct({ db }: Ledger): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('names')
    .select((eb) => ['kind', eb.fn.countAll().as('rows')])
    .where('kind', 'in', ['operation', 'client', 'path'])
    .groupBy('kind')
    .execute();
  return Object.fromEntries(rows.map(({ kind, rows: count }) => [kind, Number(count)]));
}

describeStores('names that callers make up', (target) => {
  test('stop at a thousand operations and clients and two thousand paths, also after a restart', async () => {
    const ledger = await target.open();
    const requests = noisy(3_000, 'x');
    for (const part of [requests.slice(0, 1_500), requests.slice(1_500)]) {
      const writer = new RequestWriter(ledger.db, { client: new Set(['x-2999']) });
      const written = await ledger.db.transaction().execute((trx) => writer.write(trx, part));
      expect(written.inserted).toBe(1_500);
    }
    // One for `(other)` each, and the client with a key.
    expect(await distinct(ledger)).toEqual({ operation: 1_001, client: 1_002, path: 2_001 });
    const known = await ledger.db
      .selectFrom('names')
      .select('value')
      .where('kind', '=', 'client')
      .where('value', 'in', ['x-999', 'x-1000', 'x-2999', '(other)'])
      .orderBy('value')
      .execute();
    expect(known.map(({ value }) => value).sort()).toEqual(['(other)', 'x-2999', 'x-999']);
    const rows = await ledger.db
      .selectFrom('rollup_hours')
      .select((eb) => eb.fn.countAll().as('rows'))
      .executeTakeFirstOrThrow();
    expect(Number(rows.rows)).toBeLessThan(1_100);
  });
});
