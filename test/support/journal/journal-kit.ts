import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { JournalFs } from '../../../src/journal/segment-files.ts';
import { nodeFs } from '../../../src/journal/segment-files.ts';
import { type JournalSettings, openJournal } from '../../../src/journal/segment-journal.ts';
import { createSegmentReader, type ReadBatch } from '../../../src/journal/segment-reader.ts';
import type { JournalEntry, JournalWriter } from '../../../src/ports/journal.ts';
import { SAMPLE_START } from '../ledger/sample-requests.ts';

/** A clock that stands still until it is moved. */
export class StillClock {
  at = SAMPLE_START;
  now = () => this.at;
  monotonic = () => this.at;
  advance(us: number): void {
    this.at += us;
  }
}

const folders: string[] = [];
// Here, for within a test nothing can be left to do after the file.
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder, removed when the test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tripmeter-journal-'));
  folders.push(folder);
  return folder;
}

let instances = 0;

export function testJournal(dir: string, over: Partial<JournalSettings> = {}): JournalWriter {
  instances += 1;
  return openJournal({
    dir,
    durability: 'process',
    onFailure: 'forward',
    instance: `instance-${instances}`,
    clock: new StillClock(),
    ...over,
  });
}

/** Appends in one turn; settles when the write has returned, with the error of each entry. */
export function append(
  journal: JournalWriter,
  ...entries: JournalEntry[]
): Promise<(Error | null)[]> {
  return Promise.all(
    entries.map((entry) => new Promise<Error | null>((resolve) => journal.append(entry, resolve))),
  );
}

/** Everything that a reader finds, from the first segment on. */
export function readAll(dir: string): ReadBatch & { batches: ReadBatch[] } {
  const reader = createSegmentReader(dir);
  const batches: ReadBatch[] = [];
  let position = null;
  // The second look comes when a live segment's bad frame counts as damage.
  for (let now = 0; now <= 4_000_000; ) {
    const batch = reader.read(position, 1_000, now);
    batches.push(batch);
    position = batch.next;
    if (batch.caughtUp) now += 4_000_000;
  }
  reader.close();
  const sum = (of: (batch: ReadBatch) => number) => batches.reduce((t, b) => t + of(b), 0);
  return {
    batches,
    segment: batches[0]?.segment ?? 0,
    entries: batches.flatMap((batch) => batch.entries),
    next: batches.at(-1)?.next ?? { segment: 0, offset: 0 },
    caughtUp: true,
    damagedBytes: sum((batch) => batch.damagedBytes),
    tornBytes: sum((batch) => batch.tornBytes),
    unknownEntries: sum((batch) => batch.unknownEntries),
  };
}

/** The entries, as `type:id`, without heads and boots. */
export function summary(entries: ReadBatch['entries']): string[] {
  return entries.flatMap((entry) => {
    if (entry.type === 'opened' || entry.type === 'closed')
      return [`${entry.type}:${entry.request.id}`];
    return entry.type === 'parked' ? [`parked:${entry.parked.request.id}`] : [];
  });
}

type WriteSync = (fd: number, bytes: Buffer, offset: number, length: number, at: number) => number;

/** The real file system with faults: each hook replaces the call while it is set. */
export class FaultyFs {
  write: WriteSync | null = null;
  sync: (() => void) | null = null;
  open: ((path: string) => void) | null = null;
  readonly fs: JournalFs = {
    ...nodeFs,
    writeSync: ((...args: Parameters<WriteSync>) =>
      this.write === null
        ? nodeFs.writeSync(...args)
        : this.write(...args)) as JournalFs['writeSync'],
    fdatasyncSync: (fd) => (this.sync === null ? nodeFs.fdatasyncSync(fd) : this.sync()),
    openSync: (path, flags, mode) => {
      this.open?.(String(path));
      return nodeFs.openSync(path, flags, mode);
    },
  };
}

export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}
