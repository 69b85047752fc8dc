import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeFs } from '../../../src/journal/segment-files.ts';
import { openJournal } from '../../../src/journal/segment-journal.ts';
import { createIntake } from '../../../src/ledger/intake.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { verifyLedger } from '../../../src/ledger/verify.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { unpriced } from '../../support/chaos/unpriced.ts';
import { sampleTraffic } from '../../support/ledger/sample-requests.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tripmeter-first-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

test('a journal that is made while intake asks the ledger for its place is taken in under one name', async () => {
  const dir = join(dataDir, 'journal');
  const ledger = await openLedger({ kind: 'sqlite', file: join(dataDir, 'ledger.db') });
  const journal = openJournal({
    dir,
    durability: 'process',
    onFailure: 'forward',
    instance: 'first',
    clock: systemClock,
  });
  let looks = 0;
  // The first look comes before the journal is there.
  const readFileSync = ((...given: Parameters<typeof nodeFs.readFileSync>) => {
    looks += 1;
    if (looks === 1) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    return nodeFs.readFileSync(...given);
  }) as typeof nodeFs.readFileSync;
  const intake = createIntake({
    ledger,
    journals: dir,
    price: unpriced,
    clock: systemClock,
    fs: { ...nodeFs, readFileSync },
  });
  const [request] = [...sampleTraffic(1)];
  if (request === undefined) throw new Error('no sample');
  const append = (type: 'opened' | 'closed') =>
    new Promise((resolve) => journal.append({ type, request }, resolve));

  await append('opened');
  await intake.step();
  await append('closed');
  while (!(await intake.step()).caughtUp);

  const places = await ledger.db.selectFrom('journal_offsets').select('journal').execute();
  expect(places).toEqual([{ journal: 'first' }]);
  expect(await verifyLedger({ ledger, journals: [dir] })).toEqual([]);
  journal.close();
  intake.close();
  await ledger.close();
});
