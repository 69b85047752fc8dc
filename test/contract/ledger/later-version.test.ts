import { writeFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { freePort } from '../../support/chaos/free-port.ts';
import { describeStores } from '../../support/ledger/stores.ts';

describeStores('a ledger that a later version has changed', (store) => {
  test.skipIf(store.name === 'sqlite-memory')(
    'is refused to readers and writers alike, which name what they do not know',
    async () => {
      const place = await store.place();
      const ledger = await openLedger(place);
      await sql`insert into kysely_migration (name, timestamp)
        values ('2099-01-01T0000_later', '2099-01-01')`.execute(ledger.db);
      await ledger.close();

      for (const readOnly of [false, true]) {
        await expect(openLedger({ ...place, readOnly })).rejects.toThrow(
          /first: 2099-01-01T0000_later\)\. A ledger written by a newer tripmeter/,
        );
      }
    },
  );

  test.skipIf(store.name === 'sqlite-memory')(
    'is not what a reader takes an empty store for',
    async () => {
      const place = await store.place();
      if (place.kind === 'sqlite') await writeFile(place.file, '');
      await expect(openLedger({ ...place, readOnly: true })).rejects.toThrow(
        /lacks \d+ of its migrations/,
      );
    },
  );
});

test('a PostgreSQL that does not answer is neither newer nor older', async () => {
  const connectionString = `postgres://u:p@127.0.0.1:${await freePort()}/ledger`;
  for (const readOnly of [false, true]) {
    await expect(openLedger({ kind: 'postgres', connectionString, readOnly })).rejects.toThrow(
      /^the ledger cannot be read: .*ECONNREFUSED.*\. Check that PostgreSQL runs/,
    );
  }
});
