import { expect, test } from 'vitest';
import { JournalAlarm } from '../../../src/journal/journal-alarm.ts';
import { memoryLog } from '../../support/export/memory-log.ts';
import {
  append,
  FaultyFs,
  StillClock,
  systemError,
  temporaryFolder,
  testJournal,
} from '../../support/journal/journal-kit.ts';
import { sampleOpened } from '../../support/ledger/sample-requests.ts';

const HEALTHY = {
  ok: true,
  entriesAtRisk: 0,
  entriesDropped: 0,
  lastError: null,
  segment: 1,
  bytesWritten: 0,
};

test('a journal that fails is told once, and once that it works again', async () => {
  const faults = new FaultyFs();
  const log = memoryLog();
  const journal = testJournal(temporaryFolder(), { fs: faults.fs, log });
  expect(log.lines).toEqual([]);
  faults.write = () => {
    throw systemError('ENOSPC');
  };
  await append(journal, { type: 'opened', request: sampleOpened() });
  await expect.poll(() => log.lines.length, { timeout: 5_000 }).toBe(1);
  expect(log.lines[0]).toMatchObject({ level: 'error', fields: { entriesAtRisk: 1 } });
  expect(JSON.stringify(log.lines[0])).toContain('ENOSPC');
  faults.write = null;
  await expect.poll(() => log.lines.length, { timeout: 5_000 }).toBe(2);
  expect(log.lines[1]).toMatchObject({ level: 'warn', fields: { entriesAtRisk: 0 } });
  journal.close();
  expect(log.lines).toHaveLength(2);
});

test('a journal that is closed with a backlog says how much is lost', async () => {
  const faults = new FaultyFs();
  const log = memoryLog();
  const journal = testJournal(temporaryFolder(), { fs: faults.fs, log });
  faults.write = () => {
    throw systemError('EIO');
  };
  await append(journal, { type: 'opened', request: sampleOpened() });
  journal.close();
  expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { entriesLost: 1 } });
});

test('what is dropped is told at most every ten seconds, with the count since', () => {
  const log = memoryLog();
  const clock = new StillClock();
  const alarm = new JournalAlarm('journal', log, clock);
  for (const entriesDropped of [5, 6, 7]) alarm.note({ ...HEALTHY, entriesDropped });
  clock.advance(10_000_000);
  alarm.note({ ...HEALTHY, entriesDropped: 20 });
  expect(log.lines.map(({ fields }) => fields)).toMatchObject([
    { droppedSinceTold: 5 },
    { droppedSinceTold: 15 },
  ]);
});
