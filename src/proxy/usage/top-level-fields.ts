import { Capture } from './capture.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Longest name that is looked at. */
const NAME_BYTES = 1024;
/** Longest value that is read. */
const VALUE_BYTES = 1024 * 1024;

/**
 * Finds some top-level fields of a JSON object while its bytes pass; of the rest only quotes, brackets and what parts
 * the fields are looked at. Nested fields of the same name are not mistaken for them. What is malformed or cut off is
 * left out. A value longer than 1 MiB reads `true`: it is there, and not known.
 */
export class TopLevelFields {
  readonly #wanted: ReadonlySet<string>;
  readonly #found: Record<string, unknown> = {};
  readonly #nameText = new Capture(NAME_BYTES);
  readonly #valueText = new Capture(VALUE_BYTES);
  #name: string | null = null;
  #nameIsNext = false;
  #depth = 0;
  #inString = false;
  /** The next chunk begins with an escaped character. */
  #escaped = false;
  #ended = false;

  constructor(wanted: ReadonlySet<string>) {
    this.#wanted = wanted;
  }

  /** The fields that have passed. */
  get found(): Readonly<Record<string, unknown>> {
    return this.#found;
  }

  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.#ended) {
      at = this.#inString ? this.#readString(bytes, at) : this.#readStructure(bytes, at);
    }
    this.#nameText.chunkEnded(bytes);
    this.#valueText.chunkEnded(bytes);
  }

  /** @returns where to go on: behind the quote that begins a string, or behind the chunk. */
  #readStructure(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      switch (bytes[at]) {
        case QUOTE:
          this.#beginString(at);
          return at + 1;
        case OPEN_BRACE:
        case OPEN_BRACKET:
          this.#open(bytes[at] === OPEN_BRACE);
          break;
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          this.#close(bytes, at);
          break;
        case COMMA:
          this.#endField(bytes, at);
          break;
        case COLON:
          this.#beginValue(at);
          break;
      }
    }
    return bytes.length;
  }

  /** @returns where to go on: behind the string, or behind the chunk. */
  #readString(bytes: Buffer, from: number): number {
    let at = this.#escaped ? from + 1 : from;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) {
        this.#endString(bytes, at);
        break;
      }
    }
    // Of a backslash at the chunk's end, what it escapes comes with the next.
    this.#escaped = at > bytes.length;
    return at + 1;
  }

  #beginString(at: number): void {
    this.#inString = true;
    if (this.#depth === 1 && this.#nameIsNext) this.#nameText.start(at + 1);
  }

  #endString(bytes: Buffer, at: number): void {
    this.#inString = false;
    if (this.#nameText.active) this.#endName(bytes, at);
  }

  #beginValue(at: number): void {
    if (this.#depth === 1 && this.#name !== null) this.#valueText.start(at + 1);
  }

  #open(brace: boolean): void {
    this.#depth += 1;
    if (this.#depth > 1) return;
    // Another document than an object has no fields.
    this.#ended = !brace;
    this.#nameIsNext = true;
  }

  #close(bytes: Buffer, at: number): void {
    this.#endField(bytes, at);
    this.#depth -= 1;
    this.#ended = this.#depth <= 0;
  }

  #endName(bytes: Buffer, at: number): void {
    const name = this.#nameText.end(bytes, at);
    this.#nameIsNext = false;
    this.#name = name !== null && this.#wanted.has(name) ? name : null;
  }

  #endField(bytes: Buffer, at: number): void {
    if (this.#depth !== 1) return;
    const name = this.#name;
    this.#name = null;
    this.#nameIsNext = true;
    if (name === null || !this.#valueText.active) return;
    const text = this.#valueText.end(bytes, at);
    try {
      this.#found[name] = text === null ? true : JSON.parse(text);
    } catch {
      // Not a value after all: unknown.
    }
  }
}
