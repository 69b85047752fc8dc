import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { journalIdOf } from '../../../src/journal/segment-reader.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { type Finding, verifyLedger } from '../../../src/ledger/verify.ts';
import { append, temporaryFolder, testJournal } from '../../support/journal/journal-kit.ts';
import { samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const DAMAGE: [string, Finding['check'], (ledger: Ledger) => Promise<unknown>][] = [
  [
    'a request deleted behind its roll-up',
    'roll-ups',
    ({ db }) => db.deleteFrom('requests').where('seq', '=', 7).execute(),
  ],
  [
    'a duration changed in a request',
    'roll-ups',
    ({ db }) => db.updateTable('requests').set({ duration_us: 1 }).where('seq', '=', 7).execute(),
  ],
  [
    'a roll-up lost',
    'roll-ups',
    ({ db }) => sql`delete from rollup_hours where requests > 3`.execute(db),
  ],
  [
    'a sketch changed',
    'roll-ups',
    ({ db }) => db.updateTable('rollup_hours').set({ overhead_sketch: '0,5:1' }).execute(),
  ],
  [
    'a name gone',
    'references',
    ({ db }) => db.deleteFrom('names').where('kind', '=', 'path').execute(),
  ],
  [
    'a kind gone',
    'references',
    ({ db }) => sql`delete from request_kinds where id = 2`.execute(db),
  ],
  [
    'a counter set back',
    'order',
    ({ db }) => db.updateTable('counters').set({ value: 3 }).execute(),
  ],
  [
    'a closed request that is open as well',
    'open requests',
    async ({ db }) => {
      const [request] = [...sampleTraffic(1)];
      const row = { id: request?.id ?? '', journal: 'j', started_at: 1, endpoint_id: 1, parked: 0 };
      await db
        .insertInto('open_requests')
        .values({ ...row, payload: '{}' })
        .execute();
    },
  ],
];

describeStores('verify', (target) => {
  test('finds nothing in a sound ledger', async () => {
    const ledger = await target.open();
    await importRequests(sampleTraffic(300), { ledger, price: samplePrice });
    expect(await verifyLedger({ ledger })).toEqual([]);
  });

  test.each(DAMAGE)('finds %s', async (_name, check, damage) => {
    const ledger = await target.open();
    await importRequests(sampleTraffic(300), { ledger, price: samplePrice });
    await damage(ledger);
    const findings = await verifyLedger({ ledger });
    expect(findings.map((finding) => finding.check)).toContain(check);
  });

  test('finds an offset behind the end of its segment, and a journal that has gone back', async () => {
    const ledger = await target.open();
    const dir = temporaryFolder();
    const journal = testJournal(dir);
    for (const request of sampleTraffic(2)) await append(journal, { type: 'closed', request });
    journal.close();
    const place = { journal: journalIdOf(dir), last_entry_at: 0 };
    await ledger.db
      .insertInto('journal_offsets')
      .values({ ...place, segment: 1, offset: 1_000_000 })
      .execute();
    expect(await verifyLedger({ ledger, journals: [dir] })).toMatchObject([{ check: 'journal' }]);
    await ledger.db.updateTable('journal_offsets').set({ segment: 9, offset: 0 }).execute();
    expect(await verifyLedger({ ledger, journals: [dir] })).toMatchObject([{ check: 'journal' }]);
  });
});
