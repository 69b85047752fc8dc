import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { segmentFile } from '../../../src/journal/segment-files.ts';
import { createIntake } from '../../../src/ledger/intake.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import type { IntakeNotice } from '../../../src/ledger/segment-disposal.ts';
import {
  append,
  StillClock,
  temporaryFolder,
  testJournal,
} from '../../support/journal/journal-kit.ts';
import { samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';

async function journalOf(dir: string, requests: number): Promise<void> {
  const journal = testJournal(dir);
  for (const request of sampleTraffic(requests)) await append(journal, { type: 'closed', request });
  journal.close();
  testJournal(dir).close();
}

async function takeIn(dir: string, steps = Number.POSITIVE_INFINITY) {
  const ledger = await openLedger({ kind: 'sqlite', file: join(dir, 'ledger.db') });
  const notices: IntakeNotice[] = [];
  const intake = createIntake({
    ...{ ledger, journals: dir, price: samplePrice, clock: new StillClock(), batchSize: 4 },
    onNotice: (notice) => notices.push(notice),
  });
  for (let step = 0; step < steps && !(await intake.step()).caughtUp; step++);
  intake.close();
  const rows = await ledger.db.selectFrom('requests').select('seq').execute();
  await ledger.close();
  return { notices, stored: rows.length };
}

function damage(file: string, byte: number): void {
  const bytes = readFileSync(file);
  bytes[byte] = (bytes[byte] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
}

test('a damaged segment gives up every readable record and is then set aside, with a notice', async () => {
  const dir = temporaryFolder();
  await journalOf(dir, 10);
  const file = segmentFile(dir, 1);
  damage(file, 2_000);
  const { notices, stored } = await takeIn(dir);
  expect(stored).toBe(9);
  expect(notices.map((notice) => notice.kind)).toEqual(['damaged', 'quarantined']);
  expect(notices[1]?.file).toBe(`${file}.quarantined`);
  expect(existsSync(`${file}.quarantined`)).toBe(true);
  expect(existsSync(file)).toBe(false);
});

test('damage is not forgotten over a restart of intake', async () => {
  const dir = temporaryFolder();
  await journalOf(dir, 20);
  damage(segmentFile(dir, 1), 1_500);
  await takeIn(dir, 2);
  const { notices, stored } = await takeIn(dir);
  expect(stored).toBe(19);
  expect(notices.map((notice) => notice.kind)).toEqual(['quarantined']);
});

test('a cut last write is reported and its segment deleted like any other', async () => {
  const dir = temporaryFolder();
  await journalOf(dir, 5);
  const file = segmentFile(dir, 1);
  writeFileSync(file, readFileSync(file).subarray(0, -5));
  const { notices, stored } = await takeIn(dir);
  expect(stored).toBe(4);
  expect(notices.map((notice) => notice.kind)).toEqual(['torn']);
  expect(readdirSync(dir).filter((name) => name.includes('00000001'))).toEqual([]);
});

test('a segment of noise is set aside whole, and the next one is read', async () => {
  const dir = temporaryFolder();
  await journalOf(dir, 5);
  const noise = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7_919) % 251));
  writeFileSync(segmentFile(dir, 1), noise);
  const journal = testJournal(dir);
  for (const request of sampleTraffic(3, { seed: 9 }))
    await append(journal, { type: 'closed', request });
  journal.close();
  const { notices, stored } = await takeIn(dir);
  expect(stored).toBe(3);
  expect(notices.some((notice) => notice.kind === 'quarantined')).toBe(true);
});
