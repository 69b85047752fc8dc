/** A piece of what passes in chunks. It copies nothing while the piece goes on, and keeps at most `limit` bytes. */
export class Capture {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Where the piece goes on in the present chunk, -1 when there is none. */
  #from = -1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get active(): boolean {
    return this.#from >= 0;
  }

  start(from: number): void {
    this.#from = from;
  }

  /** The chunk has ended and the piece has not. */
  chunkEnded(chunk: Buffer): void {
    if (this.#from < 0) return;
    this.#keep(chunk.subarray(this.#from));
    this.#from = 0;
  }

  /** @returns the piece, which ends before `to`; `null` when it was too long to be kept. */
  end(chunk: Buffer, to: number): string | null {
    const from = this.#from;
    this.#from = -1;
    if (this.#bytes === 0) return to - from > this.#limit ? null : chunk.toString('utf8', from, to);
    this.#keep(chunk.subarray(from, to));
    const text =
      this.#bytes > this.#limit ? null : Buffer.concat(this.#pieces, this.#bytes).toString();
    this.#pieces = [];
    this.#bytes = 0;
    return text;
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#bytes += piece.length;
    if (this.#bytes > this.#limit) this.#pieces = [];
    else this.#pieces.push(piece);
  }
}
