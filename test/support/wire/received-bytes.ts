/** Bytes as they come, and promises on what they hold. */
export class ReceivedBytes {
  #chunks: Buffer[] = [];
  #closed = false;
  readonly #waiting: { readonly ready: () => boolean; readonly resolve: () => void }[] = [];

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  get closed(): boolean {
    return this.#closed;
  }

  get bytes(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** Resolves once the condition holds, or nothing more can come. */
  until(ready: () => boolean): Promise<void> {
    if (this.#closed || ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ ready, resolve }));
  }

  #wake(): void {
    for (const waiter of [...this.#waiting]) {
      if (!this.#closed && !waiter.ready()) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}
