import { expect, test } from 'vitest';
import type { JournalEntry } from '../../../src/ports/journal.ts';
import { memoryLog } from '../../support/export/memory-log.ts';
import {
  append,
  readAll,
  summary,
  temporaryFolder,
  testJournal,
} from '../../support/journal/journal-kit.ts';
import { sampleOpened } from '../../support/ledger/sample-requests.ts';

const opened = (index: number, operation: string | null = null): JournalEntry => {
  const id = `019ab000-0000-7000-8000-00000000000${index}`;
  return { type: 'opened', request: sampleOpened({ id, operation }) };
};
const idOf = (entry: JournalEntry) => summary([entry])[0];

test('a defect in one that waits for its entry is logged, and takes neither the others nor the process with it', async () => {
  const dir = temporaryFolder();
  const log = memoryLog();
  const journal = testJournal(dir, { log });
  journal.append(opened(1), () => {
    throw new Error('a defect');
  });
  expect(await append(journal, opened(2))).toEqual([null]);
  expect(log.lines).toMatchObject([
    { level: 'error', fields: { error: { message: 'a defect' }, entry: 'opened' } },
  ]);
  expect(await append(journal, opened(3))).toEqual([null]);
  expect(journal.health()).toMatchObject({ ok: true, entriesDropped: 0 });
  journal.close();
  expect(summary(readAll(dir).entries)).toEqual([1, 2, 3].map((index) => idOf(opened(index))));
});

test('a defect in one whose entry is too large reaches nobody else', () => {
  const log = memoryLog();
  const journal = testJournal(temporaryFolder(), { log });
  journal.append(opened(1, 'x'.repeat(2_000_000)), (error) => {
    throw error;
  });
  expect(log.lines).toMatchObject([{ level: 'error', fields: { entry: 'opened' } }]);
  journal.close();
});

test('an entry is kept although those that are told of a write fill the turn again', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  const large = (index: number) => opened(index, 'x'.repeat(900_000));
  const entries = [1, 2, 3, 4, 5].map(large);
  const [first, second, third, ...later] = entries as [JournalEntry, JournalEntry, JournalEntry];
  const chained = new Promise<unknown>((resolve) => {
    journal.append(first, () => resolve(append(journal, ...later)));
  });
  await append(journal, second, third);
  await chained;
  expect(journal.health().entriesDropped).toBe(0);
  journal.close();
  const stored = summary(readAll(dir).entries);
  expect(stored.sort()).toEqual(entries.map(idOf).sort());
});
