import { decodeEntry, type StoredEntry } from './entry-codec.ts';

/** Of which entries a reader wants to know. */
export type WantedEntries =
  /** Every one. */
  | 'all'
  /** Not of an opened one whose closed one is in the same batch, and says all of it again. */
  | 'unanswered';

/** Where a payload lies, and the id of the request that it opens. */
interface OpenedPayload {
  readonly start: number;
  readonly end: number;
  readonly id: string;
}

/** `["o",1,"` and a UUID. */
const OPENED_LETTER = 'o'.charCodeAt(0);
const LETTER_AT = 2;
const ID_AT = 8;
const ID_LENGTH = 36;

/** The entries of one batch, in the order of their frames. Most opened ones are never decoded. */
export class EntryList {
  readonly #bytes: Buffer;
  readonly #wanted: WantedEntries;
  readonly #found: (StoredEntry | OpenedPayload)[] = [];
  readonly #closed = new Set<string>();
  /** Frames so far, whatever became of them. */
  frames = 0;
  /** Frames that are no entry known to this version. */
  unknown = 0;

  constructor(bytes: Buffer, wanted: WantedEntries) {
    this.#bytes = bytes;
    this.#wanted = wanted;
  }

  add(start: number, end: number): void {
    this.frames += 1;
    if (this.#wanted === 'unanswered' && this.#bytes[start + LETTER_AT] === OPENED_LETTER) {
      const id = this.#bytes.toString('latin1', start + ID_AT, start + ID_AT + ID_LENGTH);
      this.#found.push({ start, end, id });
      return;
    }
    const entry = this.#decoded(start, end);
    if (entry === null) return;
    if (entry.type === 'closed') this.#closed.add(entry.request.id);
    this.#found.push(entry);
  }

  entries(): StoredEntry[] {
    const entries: StoredEntry[] = [];
    for (const found of this.#found) {
      if ('type' in found) entries.push(found);
      else if (!this.#closed.has(found.id)) {
        const opened = this.#decoded(found.start, found.end);
        if (opened !== null) entries.push(opened);
      }
    }
    return entries;
  }

  #decoded(start: number, end: number): StoredEntry | null {
    const entry = decodeEntry(this.#bytes.toString('utf8', start, end));
    if (entry === null) this.unknown += 1;
    return entry;
  }
}
