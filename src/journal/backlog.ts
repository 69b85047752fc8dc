import type { JournalEntry } from '../ports/journal.ts';

interface HeldFrame {
  readonly entry: JournalEntry;
  readonly bytes: Buffer;
}

/** Share of the room that only ends of requests may use. */
const KEPT_FOR_CLOSED = 0.25;

/**
 * Frames that could not be written, in order, bounded. A request's end is worth more than its beginning,
 * because `closed` repeats all that `opened` says: the last quarter of the room is kept for it.
 */
export class Backlog {
  readonly #limit: number;
  readonly #frames: HeldFrame[] = [];
  dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#frames.length;
  }

  hold(entry: JournalEntry, bytes: Buffer): void {
    const room =
      entry.type === 'closed' ? this.#limit : Math.floor(this.#limit * (1 - KEPT_FOR_CLOSED));
    if (this.#frames.length >= room) this.dropped += 1;
    else this.#frames.push({ entry, bytes: Buffer.from(bytes) });
  }

  /** The oldest frames, at least one, up to `bytes` in all. */
  oldest(bytes: number): HeldFrame[] {
    const batch: HeldFrame[] = [];
    let total = 0;
    for (const frame of this.#frames) {
      total += frame.bytes.length;
      if (batch.length > 0 && total > bytes) break;
      batch.push(frame);
    }
    return batch;
  }

  release(count: number): void {
    this.#frames.splice(0, count);
  }
}
