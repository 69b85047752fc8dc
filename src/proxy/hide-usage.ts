const FRAME_BYTES = 256 * 1024;
const NO_CHOICES = /"choices"\s*:\s*\[\s*\]/;

/**
 * Takes the usage chunk, which tripmeter asked for, out of a stream for a client that did not. Frames are
 * passed on whole; one that is longer than 256 KiB passes as it comes.
 */
export class HideUsage {
  #frame = '';

  /** What of the stream can be passed on now. */
  push(payload: Buffer): Buffer {
    const text = this.#frame + payload.toString('latin1');
    const end = text.lastIndexOf('\n\n');
    if (end < 0 && text.length <= FRAME_BYTES) {
      this.#frame = text;
      return EMPTY;
    }
    const whole = end < 0 ? text : text.slice(0, end + 2);
    this.#frame = text.slice(whole.length);
    const kept = whole
      .split(/(?<=\n\n)/)
      .filter((frame) => !isUsageFrame(frame))
      .join('');
    return Buffer.from(kept, 'latin1');
  }

  /** The rest of a stream that does not end with a whole frame. */
  end(): Buffer {
    const rest = Buffer.from(this.#frame, 'latin1');
    this.#frame = '';
    return rest;
  }
}

const EMPTY = Buffer.alloc(0);

function isUsageFrame(frame: string): boolean {
  return frame.includes('"usage"') && NO_CHOICES.test(frame);
}
