import { expect, test } from 'vitest';
import { nodeFs } from '../../../src/journal/segment-files.ts';
import type { JournalEntry } from '../../../src/ports/journal.ts';
import {
  append,
  FaultyFs,
  readAll,
  StillClock,
  summary,
  systemError,
  temporaryFolder,
  testJournal,
} from '../../support/journal/journal-kit.ts';
import { sampleOpened, sampleTraffic } from '../../support/ledger/sample-requests.ts';

function closed(count: number, seed = 1): JournalEntry[] {
  return [...sampleTraffic(count, { seed })].map((request) => ({ type: 'closed', request }));
}

test('short writes are completed, in order', async () => {
  const dir = temporaryFolder();
  const faulty = new FaultyFs();
  const journal = testJournal(dir, { fs: faulty.fs });
  faulty.write = (fd, bytes, offset, length, at) =>
    nodeFs.writeSync(fd, bytes, offset, Math.min(length, 100), at);
  const entries = closed(5);
  expect(await append(journal, ...entries)).toEqual([null, null, null, null, null]);
  journal.close();
  expect(summary(readAll(dir).entries)).toEqual(summary(entries));
});

test.each(['ENOSPC', 'EIO', 'EROFS'])(
  '%s: entries wait in memory and go out once it is over',
  async (code) => {
    const dir = temporaryFolder();
    const faulty = new FaultyFs();
    const journal = testJournal(dir, { fs: faulty.fs });
    const entries = closed(9);
    await append(journal, ...entries.slice(0, 3));
    faulty.write = () => {
      throw systemError(code);
    };
    const errors = await append(journal, ...entries.slice(3, 6));
    expect(errors.map((error) => error?.message)).toEqual(Array(3).fill(`${code}: injected`));
    expect(journal.health()).toMatchObject({ ok: false, entriesAtRisk: 3, entriesDropped: 0 });
    expect(journal.health().lastError).toContain(code);
    faulty.write = null;
    expect(await append(journal, ...entries.slice(6))).toEqual([null, null, null]);
    expect(journal.health()).toMatchObject({ ok: true, entriesAtRisk: 0, lastError: null });
    journal.close();
    expect(summary(readAll(dir).entries)).toEqual(summary(entries));
  },
);

/** Write number `failing` takes `taken` bytes at most and the one after fails; with 0 bytes it fails itself. */
function failingAt(failing: number, taken: number): FaultyFs['write'] {
  let call = 0;
  return (fd, bytes, offset, length, at) => {
    call += 1;
    if (call === failing + Math.sign(taken)) throw systemError('EIO');
    const most = call === failing ? taken : length;
    return nodeFs.writeSync(fd, bytes, offset, Math.min(length, most), at);
  };
}

test('a failure at any write of a run leaves every entry once, in order, behind it', async () => {
  const entries = closed(12);
  for (let failing = 0; failing < 14; failing++) {
    for (const taken of [0, 1, 300, 700]) {
      const dir = temporaryFolder();
      const faulty = new FaultyFs();
      const journal = testJournal(dir, { fs: faulty.fs, segmentBytes: 2_500 });
      faulty.write = failingAt(failing, taken);
      for (let at = 0; at < entries.length; at += 2) {
        await append(journal, ...entries.slice(at, at + 2));
      }
      faulty.write = null;
      journal.close();
      const found = readAll(dir);
      expect(summary(found.entries), `write ${failing}, ${taken} bytes`).toEqual(summary(entries));
      expect(journal.health().entriesDropped).toBe(0);
    }
  }
});

test('when refusing, new requests fail and are forgotten, while ends are held', async () => {
  const dir = temporaryFolder();
  const faulty = new FaultyFs();
  const journal = testJournal(dir, { fs: faulty.fs, onFailure: 'refuse' });
  faulty.write = () => {
    throw systemError('ENOSPC');
  };
  const refused = sampleOpened();
  const [end] = closed(1);
  const errors = await append(journal, { type: 'opened', request: refused }, end as JournalEntry);
  expect(errors.every((error) => error !== null)).toBe(true);
  expect(journal.health()).toMatchObject({ entriesAtRisk: 1, entriesDropped: 0 });
  faulty.write = null;
  journal.close();
  expect(summary(readAll(dir).entries)).toEqual(summary([end as JournalEntry]));
});

test('the buffer is bounded, counts what it drops, and keeps room for ends', async () => {
  const dir = temporaryFolder();
  const faulty = new FaultyFs();
  const journal = testJournal(dir, { fs: faulty.fs, bufferEntries: 8 });
  faulty.write = () => {
    throw systemError('ENOSPC');
  };
  const requests = [...sampleTraffic(8)];
  await append(journal, ...requests.map((request) => ({ type: 'opened' as const, request })));
  expect(journal.health()).toMatchObject({ entriesAtRisk: 6, entriesDropped: 2 });
  await append(journal, ...requests.map((request) => ({ type: 'closed' as const, request })));
  expect(journal.health()).toMatchObject({ entriesAtRisk: 8, entriesDropped: 8 });
  faulty.write = null;
  journal.close();
});

test('a failed sync moves to a new segment and writes its entries again', async () => {
  const dir = temporaryFolder();
  const faulty = new FaultyFs();
  const journal = testJournal(dir, { fs: faulty.fs, durability: 'power' });
  const entries = closed(4);
  faulty.sync = () => {
    throw systemError('EIO');
  };
  expect((await append(journal, ...entries.slice(0, 2))).every((error) => error !== null)).toBe(
    true,
  );
  faulty.sync = null;
  expect(await append(journal, ...entries.slice(2))).toEqual([null, null]);
  journal.close();
  expect(journal.health()).toMatchObject({ segment: 2, entriesAtRisk: 0 });
  expect([...new Set(summary(readAll(dir).entries))]).toEqual(summary(entries));
});

test('a segment that cannot be started leaves the old one in use', async () => {
  const dir = temporaryFolder();
  const faulty = new FaultyFs();
  const clock = new StillClock();
  const journal = testJournal(dir, { fs: faulty.fs, segmentBytes: 1_000, clock });
  const entries = closed(8);
  await append(journal, ...entries.slice(0, 3));
  faulty.open = (path) => {
    if (path.endsWith('.new')) throw systemError('EMFILE');
  };
  expect(await append(journal, ...entries.slice(3, 6))).toEqual([null, null, null]);
  expect(journal.health().segment).toBe(1);
  faulty.open = null;
  clock.advance(2_000_000);
  expect(await append(journal, ...entries.slice(6))).toEqual([null, null]);
  expect(journal.health().segment).toBe(2);
  journal.close();
  expect(summary(readAll(dir).entries)).toEqual(summary(entries));
});

test('a folder that cannot be written at the start is written as soon as it can be', async () => {
  const dir = temporaryFolder();
  const faulty = new FaultyFs();
  faulty.open = (path) => {
    if (path.endsWith('.new')) throw systemError('EROFS');
  };
  const journal = testJournal(dir, { fs: faulty.fs });
  const entries = closed(4);
  await append(journal, ...entries.slice(0, 2));
  expect(journal.health()).toMatchObject({ ok: false, entriesAtRisk: 2, segment: 0 });
  expect(journal.health().lastError).toContain('EROFS');
  faulty.open = null;
  await append(journal, ...entries.slice(2));
  journal.close();
  expect(summary(readAll(dir).entries)).toEqual(summary(entries));
});

test('a callback that throws keeps no other from being told', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  const told: string[] = [];
  const [first, second] = closed(2) as [JournalEntry, JournalEntry];
  journal.append(first, () => {
    told.push('first');
    throw new Error('from the callback');
  });
  journal.append(second, () => told.push('second'));
  journal.close();
  expect(told).toEqual(['first', 'second']);
});
