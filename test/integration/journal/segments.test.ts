import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ClosedRequest, OpenedRequest } from '../../../src/core/request-record.ts';
import { takeLock } from '../../../src/journal/lock-file.ts';
import { nodeFs, segmentFile } from '../../../src/journal/segment-files.ts';
import { createSegmentReader } from '../../../src/journal/segment-reader.ts';
import type { JournalEntry, ParkedRequest } from '../../../src/ports/journal.ts';
import {
  append,
  readAll,
  summary,
  temporaryFolder,
  testJournal,
} from '../../support/journal/journal-kit.ts';
import { sampleClosed, sampleOpened, sampleTraffic } from '../../support/ledger/sample-requests.ts';

function closed(count: number, seed = 1): JournalEntry[] {
  return [...sampleTraffic(count, { seed })].map((request) => ({ type: 'closed', request }));
}

const textOf = (entries: JournalEntry[]) => summary(entries);

function parkedEntry(request: OpenedRequest): JournalEntry {
  const parked: ParkedRequest = {
    ...{ request, functionCallId: 'fc-01KG', legs: 2, parkedAtUs: 300_000_000, sentUs: 300 },
    ...{ overheadUs: 50, execEstimateUs: null, bytesIn: 10, bytesOut: 20 },
  };
  return { type: 'parked', parked };
}

test('entries come back in their order, exactly, text of any language included', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  const request = sampleClosed({ path: '/größe/数/"\\\u0000', tags: { a: '🚗', b: '' } });
  const opened = sampleOpened({ startedAt: request.startedAt + 1 });
  const entries: JournalEntry[] = [
    { type: 'opened', request: opened },
    { type: 'closed', request },
    parkedEntry(opened),
    { type: 'alive', at: 1_764_000_000_000_001 },
  ];
  await append(journal, ...entries);
  journal.close();
  const stored = readAll(dir).entries;
  expect(stored.slice(0, 2).map((entry) => entry.type)).toEqual(['segment', 'boot']);
  expect(stored.slice(2)).toEqual(entries);
});

test('a reader of what is unanswered leaves out an opened entry whose end is in the same batch', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  const [first, second, third] = [...sampleTraffic(3)] as [
    ClosedRequest,
    ClosedRequest,
    ClosedRequest,
  ];
  await append(
    journal,
    { type: 'opened', request: first },
    { type: 'opened', request: second },
    { type: 'closed', request: first },
    { type: 'opened', request: third },
    { type: 'closed', request: third },
  );
  journal.close();
  const reader = createSegmentReader(dir, nodeFs, 'unanswered');
  const whole = reader.read(null, 100, 0);
  expect(summary(whole.entries)).toEqual([
    `opened:${second.id}`,
    `closed:${first.id}`,
    `closed:${third.id}`,
  ]);
  // Head and boot come first: the limit cuts between the third request's two entries.
  const cut = reader.read(null, 6, 0);
  expect(summary(cut.entries)).toEqual([
    `opened:${second.id}`,
    `closed:${first.id}`,
    `opened:${third.id}`,
  ]);
  const rest = reader.read(cut.next, 6, 0);
  expect(summary(rest.entries)).toEqual([`closed:${third.id}`]);
  reader.close();
});

test('a journal that is closed in the turn of an entry starts nothing behind it', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  journal.append({ type: 'opened', request: sampleOpened() });
  journal.close();
  const left = readdirSync(dir).sort();
  await new Promise(setImmediate);
  expect(readdirSync(dir).sort()).toEqual(left);
  expect(left.filter((name) => name.includes('lock'))).toEqual([]);
});

test('one turn of the event loop is one write', async () => {
  const dir = temporaryFolder();
  const points: string[] = [];
  const journal = testJournal(dir, { writePoint: (point) => points.push(point) });
  await append(journal, ...closed(20));
  await append(journal, ...closed(20, 2));
  journal.close();
  expect(points.filter((point) => point === 'journal.write.before')).toHaveLength(2);
});

test('a cut at any byte loses the cut entry and none before it', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  const entries = closed(4);
  await append(journal, ...entries);
  journal.close();
  const file = segmentFile(dir, 1);
  const whole = readFileSync(file);
  const ids = textOf(entries);
  for (let length = whole.length; length >= 0; length -= 37) {
    writeFileSync(file, whole.subarray(0, length));
    const found = summary(createSegmentReader(dir).read(null, 100, 0).entries);
    expect(found).toEqual(ids.slice(0, found.length));
  }
  writeFileSync(file, whole.subarray(0, whole.length - 1));
  testJournal(dir).close();
  const all = readAll(dir);
  expect(summary(all.entries)).toEqual(ids.slice(0, 3));
  expect(all.tornBytes).toBeGreaterThan(0);
  expect(all.damagedBytes).toBe(0);
});

test('a byte flipped anywhere costs at most the entry that holds it', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  const entries = closed(6);
  await append(journal, ...entries);
  journal.close();
  testJournal(dir).close();
  const file = segmentFile(dir, 1);
  const whole = readFileSync(file);
  for (let at = 0; at < whole.length; at += 53) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    writeFileSync(file, damaged);
    const all = readAll(dir);
    expect(summary(all.entries).length, `byte ${at}`).toBeGreaterThanOrEqual(5);
    expect(all.damagedBytes + all.tornBytes, `byte ${at}`).toBeGreaterThan(0);
  }
});

test('noise in the middle of a live segment is stepped over once it is clear that it stays', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  const entries = closed(3);
  await append(journal, ...entries);
  journal.close();
  const file = segmentFile(dir, 1);
  const whole = readFileSync(file);
  const half = whole.indexOf('["c"', 900) - 8;
  writeFileSync(
    file,
    Buffer.concat([whole.subarray(0, half), Buffer.alloc(999, 7), whole.subarray(half)]),
  );
  const reader = createSegmentReader(dir);
  const first = reader.read(null, 100, 0);
  const soon = reader.read(first.next, 100, 1_000_000);
  const later = reader.read(soon.next, 100, 2_000_000);
  reader.close();
  expect(soon.entries).toEqual([]);
  expect(later.damagedBytes).toBe(999);
  expect(summary([...first.entries, ...later.entries])).toEqual(textOf(entries));
});

test('a reader never passes a write that is not whole yet', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  await append(journal, ...closed(2));
  journal.close();
  const file = segmentFile(dir, 1);
  const whole = readFileSync(file);
  const last = whole.lastIndexOf('["c"') - 8;
  writeFileSync(file, whole.subarray(0, last + 20));
  const reader = createSegmentReader(dir);
  const before = reader.read(null, 100, 0);
  expect(before.next.offset).toBe(last);
  appendFileSync(file, whole.subarray(last + 20));
  const after = reader.read(before.next, 100, 1);
  reader.close();
  expect(after.entries).toHaveLength(1);
});

test('the newest segment alone is enough to resume what is parked', async () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir, { segmentBytes: 3_000 });
  const kept = sampleOpened();
  const ended = sampleOpened({ startedAt: kept.startedAt + 1 });
  await append(journal, parkedEntry(kept), parkedEntry(ended));
  for (const entry of closed(20)) await append(journal, entry);
  await append(journal, { type: 'closed', request: sampleClosed({ ...ended }) });
  for (const entry of closed(20, 2)) await append(journal, entry);
  journal.close();
  const names = readdirSync(dir).filter((name) => name.endsWith('.log'));
  expect(names.length).toBeGreaterThan(4);
  for (const name of names.slice(0, -1)) writeFileSync(join(dir, name), 'gone');
  const next = testJournal(dir);
  expect(next.resumed).toEqual([(parkedEntry(kept) as { parked: ParkedRequest }).parked]);
  next.close();
  const again = testJournal(dir);
  expect(again.resumed).toHaveLength(1);
  again.close();
});

test('a segment without its head is read together with the one before', async () => {
  const dir = temporaryFolder();
  const first = testJournal(dir);
  const kept = sampleOpened();
  await append(first, parkedEntry(kept));
  first.close();
  const second = testJournal(dir);
  await append(second, ...closed(1));
  second.close();
  writeFileSync(segmentFile(dir, 2), Buffer.alloc(4_096));
  const third = testJournal(dir);
  expect(third.resumed.map((parked) => parked.request.id)).toEqual([kept.id]);
  third.close();
});

test('a second writer of one folder is refused and told whose it is', () => {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  expect(() => testJournal(dir)).toThrow(`in use by process ${process.pid}`);
  journal.close();
  testJournal(dir).close();
});

test('a lock whose process has ended, or whose number has gone to another, is taken over', () => {
  const sample = temporaryFolder();
  const { release } = takeLock(nodeFs, sample);
  const here = JSON.parse(readFileSync(join(sample, 'journal.lock'), 'utf8'));
  release();
  const ended = JSON.stringify({ ...here, pid: 999_999_999 });
  const reused = JSON.stringify({ ...here, pid: 1, startTime: 'x' });
  for (const owner of [ended, reused, '', '{']) {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'journal.lock'), owner);
    const journal = testJournal(dir);
    expect(journal.health().ok).toBe(true);
    journal.close();
  }
});
