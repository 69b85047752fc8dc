import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openJournal } from '../../../src/journal/segment-journal.ts';
import { createIntake } from '../../../src/ledger/intake.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';

const COUNT = 10_000;
const MOST_BYTES_A_ROW = 400;
const MOST_BYTES_OF_WAL = 64 * 1024 * 1024;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tripmeter-storage-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('ten thousand requests take no more room than promised, and the log beside them is bounded', async () => {
  const file = join(folder, 'ledger.db');
  const journals = join(folder, 'journal');
  const journal = openJournal({
    dir: journals,
    durability: 'process',
    onFailure: 'forward',
    instance: 'storage',
    clock: systemClock,
  });
  for (const [index, request] of [...sampleTraffic(COUNT)].entries()) {
    journal.append({ type: 'opened', request });
    journal.append({ type: 'closed', request });
    if (index % 64 === 63) await new Promise(setImmediate);
  }
  journal.close();

  const ledger = await openLedger({ kind: 'sqlite', file });
  const empty = (await ledger.upkeep.size()).bytes;
  const intake = createIntake({ ledger, journals, price: samplePrice, clock: systemClock });
  let largestWal = 0;
  for (let caughtUp = false; !caughtUp; ) {
    caughtUp = (await intake.step()).caughtUp;
    largestWal = Math.max(largestWal, (await ledger.upkeep.size()).walBytes);
  }
  intake.close();
  expect(largestWal).toBeGreaterThan(0);
  expect(largestWal).toBeLessThan(MOST_BYTES_OF_WAL);

  await ledger.upkeep.checkpoint();
  const { bytes, walBytes } = await ledger.upkeep.size();
  expect(walBytes).toBe(0);
  expect(bytes).toBe(statSync(file).size);
  expect((bytes - empty) / COUNT).toBeLessThan(MOST_BYTES_A_ROW);
  await ledger.close();
});
