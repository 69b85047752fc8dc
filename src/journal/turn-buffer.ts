import type { JournalEntry } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import { encodeEntry } from './entry-codec.ts';
import { FRAME_HEADER_BYTES, frameCapacityFor, MAX_PAYLOAD_BYTES, putFrame } from './frame.ts';

export type Written = (error: Error | null) => void;

/** An entry's frame, waiting for its write. */
export interface QueuedFrame {
  readonly entry: JournalEntry;
  readonly written: Written | undefined;
  /** Position after the frame in the turn's bytes. */
  readonly end: number;
}

const CAPACITY_BYTES = 2 * (MAX_PAYLOAD_BYTES + FRAME_HEADER_BYTES);

/** The frames of one event-loop turn, side by side in one buffer that is used again and again. */
export class TurnBuffer {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(CAPACITY_BYTES);
  length = 0;
  #frames: QueuedFrame[] = [];

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /**
   * `full`: the turn has to be written first.
   * @throws RangeError when the entry is larger than any frame may be.
   */
  add(entry: JournalEntry, written: Written | undefined): 'added' | 'full' {
    const payload = encodeEntry(entry);
    if (this.length + frameCapacityFor(payload.length) > CAPACITY_BYTES) {
      requireFrameSize(payload);
      if (this.length > 0) return 'full';
    }
    const end = putFrame(this.bytes, this.length, payload);
    this.#frames.push({ entry, written, end });
    this.length = end;
    return 'added';
  }

  /** Hands the frames over and starts the next turn; the bytes stay valid until the next `add`. */
  take(): QueuedFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    this.length = 0;
    return frames;
  }
}

function requireFrameSize(payload: string): void {
  const bytes = Buffer.byteLength(payload);
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw new RangeError(
      `a journal entry of ${bytes} bytes is larger than the limit of ${MAX_PAYLOAD_BYTES}`,
    );
  }
}

/**
 * Every waiting request is told, whatever one of them does. A defect in one is logged and goes no further: thrown
 * from here it would end the process, and all requests with it.
 */
export function notify(
  frames: readonly Pick<QueuedFrame, 'entry' | 'written'>[],
  error: Error | null,
  log: Log | undefined,
): void {
  for (const { entry, written } of frames) {
    try {
      written?.(error);
    } catch (defect) {
      log?.error(
        { error: defect, entry: entry.type },
        'what waited for a journal entry to be written failed',
      );
    }
  }
}
