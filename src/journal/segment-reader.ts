import { join } from 'node:path';
import type { Micros } from '../core/units.ts';
import type { StoredEntry } from './entry-codec.ts';
import { EntryList, type WantedEntries } from './entry-list.ts';
import { frameAt, MAX_PAYLOAD_BYTES, nextFrameFrom } from './frame.ts';
import { type JournalFs, nodeFs, segmentFile, segmentNumbers } from './segment-files.ts';

export interface JournalPosition {
  readonly segment: number;
  readonly offset: number;
}

export interface ReadBatch {
  /** What was read: not always the segment asked for, nor the one to go on with. */
  readonly segment: number;
  readonly entries: StoredEntry[];
  /** Where to go on, once these entries are safe elsewhere. */
  readonly next: JournalPosition;
  /** Nothing more is there at present. */
  readonly caughtUp: boolean;
  /** Bytes between whole frames that are none: damage. */
  readonly damagedBytes: number;
  /** Bytes behind the last whole frame of a segment whose process has ended: a cut write. */
  readonly tornBytes: number;
  /** Frames that are whole and yet no entry known to this version. */
  readonly unknownEntries: number;
}

export interface SegmentReader {
  /** Entries of up to `limit` frames from `from`, all of one segment. Never past the last whole frame of a live one. */
  read(from: JournalPosition | null, limit: number, now: Micros): ReadBatch;
  /** Numbers of the segments on disk, ascending. */
  segments(): number[];
  /** Segments and bytes that lie at and behind `from`. */
  backlog(from: JournalPosition | null): { segments: number; bytes: number };
  close(): void;
}

const CHUNK_BYTES = 2 * (MAX_PAYLOAD_BYTES + 8);

/** A bad frame in a live segment may be a write seen half done; after this long it is damage. */
const DAMAGE_AFTER_US = 2_000_000;

/** The id that the journal in `dir` was given by its first writer; the path while it has none. */
export function journalIdOf(dir: string, fs: JournalFs = nodeFs): string {
  try {
    return String(fs.readFileSync(join(dir, 'journal.id'), 'utf8')).trim() || dir;
  } catch {
    return dir;
  }
}

/** @param wanted the default is every entry. */
export function createSegmentReader(
  dir: string,
  fs: JournalFs = nodeFs,
  wanted: WantedEntries = 'all',
): SegmentReader {
  return new DirectoryReader(dir, fs, wanted);
}

interface Walk {
  readonly bytes: Buffer;
  readonly found: EntryList;
  readonly limit: number;
  /** The segment will not grow any more. */
  readonly final: boolean;
  /** `bytes` reaches the end of the file. */
  readonly toEnd: boolean;
  at: number;
  damagedBytes: number;
  tornBytes: number;
}

class DirectoryReader implements SegmentReader {
  readonly #dir: string;
  readonly #fs: JournalFs;
  readonly #wanted: WantedEntries;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #open: { segment: number; descriptor: number } | null = null;
  #stalled: { segment: number; offset: number; since: Micros } | null = null;

  constructor(dir: string, fs: JournalFs, wanted: WantedEntries) {
    this.#dir = dir;
    this.#fs = fs;
    this.#wanted = wanted;
  }

  segments(): number[] {
    return segmentNumbers(this.#fs, this.#dir);
  }

  read(from: JournalPosition | null, limit: number, now: Micros): ReadBatch {
    // The list comes first: a segment that has a successor by then gets no more bytes.
    const segments = this.segments();
    const position = startingPoint(segments, from);
    if (position === null) return emptyBatch(from ?? { segment: 0, offset: 0 });
    const successor = segments.find((segment) => segment > position.segment);
    const bytes = this.#bytesAt(position);
    const walk: Walk = {
      bytes,
      limit,
      final: successor !== undefined,
      toEnd: bytes.length < CHUNK_BYTES,
      found: new EntryList(bytes, this.#wanted),
      at: 0,
      damagedBytes: 0,
      tornBytes: 0,
    };
    walkFrames(walk, this.#isDamage(position, walk, now));
    const offset = position.offset + walk.at;
    const finished = walk.toEnd && walk.at === bytes.length && successor !== undefined;
    const caughtUp = walk.found.frames < limit && walk.toEnd && !walk.final;
    const entries = walk.found.entries();
    const { damagedBytes, tornBytes, found } = walk;
    const next = finished ? { segment: successor, offset: 0 } : { ...position, offset };
    const { segment } = position;
    const unknownEntries = found.unknown;
    return { segment, entries, next, caughtUp, damagedBytes, tornBytes, unknownEntries };
  }

  backlog(from: JournalPosition | null): { segments: number; bytes: number } {
    const segments = this.segments();
    const start = startingPoint(segments, from);
    if (start === null) return { segments: 0, bytes: 0 };
    const waiting = segments.filter((segment) => segment >= start.segment);
    const bytes = waiting.reduce((total, segment) => total + this.#sizeOf(segment), -start.offset);
    return { segments: waiting.length, bytes: Math.max(0, bytes) };
  }

  close(): void {
    if (this.#open !== null) this.#fs.closeSync(this.#open.descriptor);
    this.#open = null;
  }

  #sizeOf(segment: number): number {
    return this.#fs.statSync(segmentFile(this.#dir, segment), { throwIfNoEntry: false })?.size ?? 0;
  }

  #bytesAt({ segment, offset }: JournalPosition): Buffer {
    if (this.#open?.segment !== segment) {
      this.close();
      const descriptor = this.#fs.openSync(segmentFile(this.#dir, segment), 'r');
      this.#open = { segment, descriptor };
    }
    let length = 0;
    while (length < CHUNK_BYTES) {
      const { descriptor } = this.#open;
      const free = CHUNK_BYTES - length;
      const count = this.#fs.readSync(descriptor, this.#chunk, length, free, offset + length);
      if (count === 0) break;
      length += count;
    }
    return this.#chunk.subarray(0, length);
  }

  /** Tells, per position, whether a frame that is not whole may be stepped over. */
  #isDamage(position: JournalPosition, walk: Walk, now: Micros): (at: number) => boolean {
    return (at) => {
      if (walk.final) return true;
      const offset = position.offset + at;
      const known = this.#stalled;
      if (known?.segment !== position.segment || known.offset !== offset) {
        this.#stalled = { segment: position.segment, offset, since: now };
        return false;
      }
      return now - known.since >= DAMAGE_AFTER_US;
    };
  }
}

/** The first segment is where nothing is known; a segment that has gone is passed over. */
function startingPoint(segments: number[], from: JournalPosition | null): JournalPosition | null {
  const [first] = segments;
  if (first === undefined) return null;
  if (from === null) return { segment: first, offset: 0 };
  const next = segments.find((segment) => segment >= from.segment);
  // All numbers lie below: the folder was emptied and has started again.
  if (next === undefined) return { segment: first, offset: 0 };
  return next === from.segment ? from : { segment: next, offset: 0 };
}

function walkFrames(walk: Walk, isDamage: (at: number) => boolean): void {
  while (walk.found.frames < walk.limit && walk.at < walk.bytes.length) {
    const frame = frameAt(walk.bytes, walk.at);
    if (frame.state === 'whole') {
      walk.found.add(frame.start, frame.end);
      walk.at = frame.end;
      continue;
    }
    if (frame.state === 'incomplete' && !walk.toEnd) return;
    if (!isDamage(walk.at) || !stepOver(walk)) return;
  }
}

/** Moves to the next whole frame, or to the end; false when a live segment has none yet. */
function stepOver(walk: Walk): boolean {
  const next = nextFrameFrom(walk.bytes, walk.at + 1);
  if (next !== -1) {
    walk.damagedBytes += next - walk.at;
    walk.at = next;
    return true;
  }
  if (walk.toEnd) {
    if (!walk.final) return false;
    walk.tornBytes += walk.bytes.length - walk.at;
    walk.at = walk.bytes.length;
    return false;
  }
  // A frame may begin in this chunk and end in the next one.
  const end = Math.max(walk.at + 1, walk.bytes.length - MAX_PAYLOAD_BYTES - 8);
  walk.damagedBytes += end - walk.at;
  walk.at = end;
  return false;
}

function emptyBatch(next: JournalPosition): ReadBatch {
  return {
    segment: next.segment,
    entries: [],
    next,
    caughtUp: true,
    damagedBytes: 0,
    tornBytes: 0,
    unknownEntries: 0,
  };
}
