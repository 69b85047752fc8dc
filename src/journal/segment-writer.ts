import type { WritePointHook } from '../core/write-points.ts';
import { type JournalFs, segmentFile, syncFolder } from './segment-files.ts';

export type Durability = 'process' | 'power';

export interface SegmentWriterSettings {
  readonly fs: JournalFs;
  readonly dir: string;
  readonly durability: Durability;
  readonly writePoint: WritePointHook;
}

/**
 * `landed`: bytes of the turn that are in the file, from its start. With an error they may be a part, or
 * all of it when only the sync failed (`unsynced`).
 */
export interface WriteResult {
  readonly landed: number;
  readonly unsynced: boolean;
  readonly error: Error | null;
}

/** The one open segment. It only ever grows, and a position once reported as written never changes. */
export class SegmentWriter {
  readonly #settings: SegmentWriterSettings;
  #descriptor: number | null = null;
  segment = 0;
  position = 0;

  constructor(settings: SegmentWriterSettings) {
    this.#settings = settings;
  }

  get isOpen(): boolean {
    return this.#descriptor !== null;
  }

  /**
   * Starts segment `segment` with `head`. The file appears under its name with its head complete, so
   * whoever finds it can rely on the head. On failure the open segment stays as it was.
   * @throws Error of the file system.
   */
  start(segment: number, head: Buffer): void {
    const { fs, dir, writePoint } = this.#settings;
    const file = segmentFile(dir, segment);
    const descriptor = fs.openSync(`${file}.new`, 'w', 0o640);
    try {
      writePoint('journal.rotate.created');
      this.#writeAll(descriptor, head, 0);
      if (this.#settings.durability === 'power') fs.fdatasyncSync(descriptor);
      writePoint('journal.rotate.head-written');
      fs.renameSync(`${file}.new`, file);
    } catch (error) {
      closeQuietly(fs, descriptor);
      throw error;
    }
    writePoint('journal.rotate.renamed');
    this.#finish();
    this.#descriptor = descriptor;
    this.segment = segment;
    this.position = head.length;
    if (this.#settings.durability === 'power') syncFolder(fs, dir);
    writePoint('journal.rotate.done');
  }

  /** Writes the first `length` bytes in one call, more when the system takes less at a time. */
  write(bytes: Buffer, length: number): WriteResult {
    const { fs, durability, writePoint } = this.#settings;
    if (this.#descriptor === null) {
      return { landed: 0, unsynced: false, error: new Error('no journal segment is open') };
    }
    const before = this.position;
    let landed = 0;
    writePoint('journal.write.before');
    try {
      this.#writeAll(this.#descriptor, bytes.subarray(0, length), before, (done) => {
        landed = done;
      });
    } catch (error) {
      return { landed, unsynced: false, error: asError(error) };
    }
    this.position = before + length;
    writePoint('journal.write.after');
    try {
      if (durability === 'power') fs.fdatasyncSync(this.#descriptor);
    } catch (error) {
      return { landed: length, unsynced: true, error: asError(error) };
    }
    writePoint('journal.sync.after');
    return { landed: length, unsynced: false, error: null };
  }

  /** After a failed write: goes on behind the last whole frame of it; a part is written over. */
  keep(bytes: number): void {
    this.position += bytes;
  }

  close(): void {
    this.#finish();
  }

  #finish(): void {
    if (this.#descriptor === null) return;
    closeQuietly(this.#settings.fs, this.#descriptor);
    this.#descriptor = null;
  }

  #writeAll(
    descriptor: number,
    bytes: Buffer,
    from: number,
    landed?: (bytes: number) => void,
  ): void {
    let done = 0;
    while (done < bytes.length) {
      // At an explicit position, so that a repeated write replaces what a failed one left.
      const count = this.#settings.fs.writeSync(
        descriptor,
        bytes,
        done,
        bytes.length - done,
        from + done,
      );
      if (count <= 0) throw new Error('the file system accepted none of the bytes');
      done += count;
      landed?.(done);
    }
  }
}

function closeQuietly(fs: JournalFs, descriptor: number): void {
  try {
    fs.closeSync(descriptor);
  } catch {
    // Everything written has been reported already; nothing more can be done with the descriptor.
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
