import type { ResponseHead } from './response-head.ts';

const FRAME_BYTES = 256 * 1024;
const CR = 0x0d;
const LF = 0x0a;
const EMPTY = Buffer.alloc(0);

/** A frame and the empty line that ends it, with any of the line ends that an event stream may have; or the rest. */
const FRAMES = /.*?(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))|.+$/gs;
const USAGE = /"usage"\s*:\s*\{/;
const NO_CHOICES = /"choices"\s*:\s*\[\s*\]/;

/** A usage chunk can be taken out of an event stream that is not encoded; any other body passes as it comes. */
export function canHideUsage({ headers }: ResponseHead): boolean {
  let events = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]?.toLowerCase();
    const value = headers[index + 1]?.toLowerCase() ?? '';
    if (name === 'content-type') events = value.startsWith('text/event-stream');
    if (name === 'content-encoding' && value !== 'identity') return false;
  }
  return events;
}

/**
 * Takes the usage chunk, which tripmeter asked for, out of a stream for a client that did not. A frame is
 * passed on as soon as it is whole; one that is longer than 256 KiB passes as it comes.
 */
export class HideUsage {
  /** The beginning of a frame. */
  #held: Buffer = EMPTY;
  /** The beginning of the frame has been passed on already. */
  #begun = false;
  /** What became of a frame that ended in CR: an LF that comes next is still its own. */
  #lineFeed: 'none' | 'shown' | 'hidden' = 'none';

  /** What of the stream can be passed on now. */
  push(payload: Buffer): Buffer {
    if (payload.length === 0) return EMPTY;
    const from = this.#held.length;
    const bytes = from === 0 ? payload : Buffer.concat([this.#held, payload]);
    const lineFeed = payload[0] === LF ? this.#lineFeed : 'none';
    const start = lineFeed === 'none' ? 0 : 1;
    const shownFrom = lineFeed === 'hidden' ? 1 : 0;
    this.#lineFeed = 'none';
    const end = frameEnd(bytes, Math.max(from, start));
    if (end < 0) return this.#hold(bytes, start, shownFrom);
    this.#held = bytes.subarray(end);
    const ownLineFeed = bytes.subarray(shownFrom, start);
    const shown = this.#shown(bytes.subarray(start, end), end === bytes.length);
    if (shown === null) return bytes.subarray(shownFrom, end);
    return ownLineFeed.length === 0 ? shown : Buffer.concat([ownLineFeed, shown]);
  }

  /** The rest of a stream that does not end with a whole frame. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = EMPTY;
    return !this.#begun && isUsageFrame(rest.toString('latin1')) ? EMPTY : rest;
  }

  #hold(bytes: Buffer, start: number, shownFrom: number): Buffer {
    this.#begun ||= bytes.length > FRAME_BYTES;
    // The end of a frame may be cut: of a long one its last bytes stay here.
    const keptFrom = this.#begun ? Math.max(start, bytes.length - 3) : start;
    this.#held = bytes.subarray(keptFrom);
    return bytes.subarray(shownFrom, keptFrom);
  }

  /** @returns the frames without the usage chunk; `null`: they are to pass as they are. */
  #shown(frames: Buffer, atEnd: boolean): Buffer | null {
    const begun = this.#begun;
    this.#begun = false;
    const endsInCr = atEnd && frames[frames.length - 1] === CR;
    if (endsInCr) this.#lineFeed = 'shown';
    if (!frames.includes('"usage"')) return null;
    const text = frames.toString('latin1');
    if (!isUsageFrame(text)) return null;
    const all = text.match(FRAMES) ?? [];
    const shown = all.filter((frame, index) => (begun && index === 0) || !isUsageFrame(frame));
    if (endsInCr && shown.at(-1) !== all.at(-1)) this.#lineFeed = 'hidden';
    return Buffer.from(shown.join(''), 'latin1');
  }
}

/** Index behind the last empty line that ends at `from` or later, -1 when there is none. */
function frameEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.length - 1; at >= from; at -= 1) {
    const byte = bytes[at];
    if (byte !== LF && byte !== CR) continue;
    const before = bytes[byte === LF && bytes[at - 1] === CR ? at - 2 : at - 1];
    if (before === LF || before === CR) return at + 1;
  }
  return -1;
}

/** Without choices, and with figures: other frames may have `"usage":null`, or no choices yet. */
function isUsageFrame(frame: string): boolean {
  return USAGE.test(frame) && NO_CHOICES.test(frame);
}
