import { expect, test } from 'vitest';
import { importRequests } from '../../../src/ledger/import.ts';
import { listRequests } from '../../../src/ledger/queries/requests.ts';
import { sampleClosed, samplePrice } from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

// A model's name with half a character stopped intake: the database gave another text back than it was given.
describeStores('names', (target) => {
  test('a name with half a character or a zero in it is stored with a mark in its place', async () => {
    const ledger = await target.open();
    const odd = { model: 'half \ud83d a pair', operation: 'zero \u0000 inside' };
    const price = samplePrice;
    await importRequests([sampleClosed(odd)], { ledger, price });
    await importRequests([sampleClosed(odd)], { ledger, price });
    const { requests } = await listRequests(ledger.db, { limit: 10 });
    expect(requests.map(({ model, operation }) => [model, operation])).toEqual([
      ['half \ufffd a pair', 'zero \ufffd inside'],
      ['half \ufffd a pair', 'zero \ufffd inside'],
    ]);
  });
});
