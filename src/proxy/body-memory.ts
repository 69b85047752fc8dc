/** What a piece costs beside its bytes: many small ones must not take more than a few large ones. */
const PIECE_BYTES = 256;

/** Bytes of request bodies that wait in memory, of all requests together. */
export class BodyMemory {
  readonly #most: number;
  #taken = 0;

  /** @param most bytes from which on no more may be read. */
  constructor(most: number) {
    this.#most = most;
  }

  get full(): boolean {
    return this.#taken >= this.#most;
  }

  /** Counts a piece that has been read. @returns what to give back for it. */
  take(bytes: number): number {
    const taken = bytes + PIECE_BYTES;
    this.#taken += taken;
    return taken;
  }

  giveBack(taken: number): void {
    this.#taken -= taken;
  }
}
