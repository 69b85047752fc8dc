/** An upload that is held back: its client's socket is not read. */
export interface HeldBackUpload {
  /** It is held back for 25 ms or more. It is looked at once, and again after its next `add`. */
  look(): void;
}

const TICK_MS = 25;

/**
 * Has a look at uploads that stay held back, since a socket that is not read tells neither end nor reset.
 * One timer for all, and none while no upload is held back.
 */
export class UploadWatch {
  #fresh = new Set<HeldBackUpload>();
  #due = new Set<HeldBackUpload>();
  #timer: NodeJS.Timeout | null = null;

  /** To be looked at in 25 to 50 ms. */
  add(upload: HeldBackUpload): void {
    this.#fresh.add(upload);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  delete(upload: HeldBackUpload): void {
    this.#fresh.delete(upload);
    this.#due.delete(upload);
  }

  #tick(): void {
    const due = this.#due;
    this.#due = this.#fresh;
    this.#fresh = new Set();
    for (const upload of due) {
      upload.look();
    }
    if (this.#timer !== null && this.#due.size === 0 && this.#fresh.size === 0) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }
}
