import type { ClosedRequest } from '../../src/core/request-record.ts';
import type {
  JournalEntry,
  JournalHealth,
  JournalWriter,
  ParkedRequest,
} from '../../src/ports/journal.ts';

type Written = (error: Error | null) => void;

/** A journal in memory that writes once a turn, as the real one does, and can be made to fail. */
export class MemoryJournal implements JournalWriter {
  readonly entries: JournalEntry[] = [];
  readonly resumed: readonly ParkedRequest[];
  /** When set, writes fail with it. */
  failure: Error | null = null;
  #queue: { entry: JournalEntry; written: Written | undefined }[] = [];
  #waiters: { ready: (entry: JournalEntry) => boolean; resolve: (entry: JournalEntry) => void }[] =
    [];

  constructor(resumed: readonly ParkedRequest[] = []) {
    this.resumed = resumed;
  }

  append(entry: JournalEntry, written?: Written): void {
    if (this.#queue.length === 0) {
      setImmediate(() => this.#flush());
    }
    this.#queue.push({ entry, written });
  }

  health(): JournalHealth {
    return {
      ok: this.failure === null,
      entriesAtRisk: 0,
      entriesDropped: 0,
      lastError: this.failure?.message ?? null,
      segment: 1,
      bytesWritten: 0,
    };
  }

  close(): void {
    this.#flush();
  }

  get closed(): ClosedRequest[] {
    return this.entries.flatMap((entry) => (entry.type === 'closed' ? [entry.request] : []));
  }

  /** The first entry, past or future, that satisfies `ready`. */
  entry(ready: (entry: JournalEntry) => boolean): Promise<JournalEntry> {
    const found = this.entries.find(ready);
    if (found !== undefined) {
      return Promise.resolve(found);
    }
    return new Promise((resolve) => {
      this.#waiters.push({ ready, resolve });
    });
  }

  /** The `index`-th closed request, counted from 0, once it is there. */
  async closedAt(index: number): Promise<ClosedRequest> {
    await this.entry((entry) => entry.type === 'closed' && this.closed.length > index);
    const request = this.closed[index];
    if (request === undefined) {
      throw new Error(`no closed request ${index}`);
    }
    return request;
  }

  #flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    const { failure } = this;
    for (const { entry } of failure === null ? queue : []) {
      this.entries.push(entry);
      this.#wake(entry);
    }
    for (const { written } of queue) {
      written?.(failure);
    }
  }

  #wake(entry: JournalEntry): void {
    this.#waiters = this.#waiters.filter(({ ready, resolve }) => {
      const match = ready(entry);
      if (match) {
        resolve(entry);
      }
      return !match;
    });
  }
}
