import { chunkSizeOf, framingLineEnd } from './chunk-framing.ts';
import { ResponseError } from './response-error.ts';
import { parseResponseHead, type ResponseHead } from './response-head.ts';

/** What a response turns into, in order. Raw bytes are passed on as they came; payload is for reading. */
export interface ResponseSink {
  /** An interim response (1xx but 101), head bytes as received. */
  onInformation(status: number, head: Buffer): void;
  /** The final response's head; not called for 101, see `ResponseParser.upgrade`. */
  onHead(head: ResponseHead): void;
  /** Body bytes without transfer coding. */
  onPayload(payload: Buffer): void;
  /** Bytes of the message body as received, framing included, that are not yet its end. */
  onForward(raw: Buffer): void;
  /** The rest of the message body as received, the terminating chunk and trailers included. */
  onEnd(raw: Buffer | null): void;
}

type State =
  | 'head'
  | 'length'
  | 'eof'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailers'
  | 'done';

const LINE_LIMIT = 16 * 1024;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Incremental HTTP/1.1 response parser. It is strict: what RFC 9112 calls invalid or ambiguous framing
 * throws a `ResponseError`, since passing it on is how smuggling starts.
 */
export class ResponseParser {
  readonly #sink: ResponseSink;
  readonly #toHead: boolean;
  readonly #maxHeadBytes: number;
  #state: State = 'head';
  #pending: Buffer | null = null;
  #remaining = 0;
  #forwardFrom = 0;
  #trailerBytes = 0;
  // A terminating chunk can arrive in pieces, and is held until it is complete.
  #held: Buffer | null = null;
  #terminatorAt = 0;
  #upgrade: ResponseHead | null = null;

  /** @param toHead the request was HEAD: its response has no body whatever its headers say. */
  constructor(sink: ResponseSink, toHead: boolean, maxHeadBytes: number) {
    this.#sink = sink;
    this.#toHead = toHead;
    this.#maxHeadBytes = maxHeadBytes;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Head of a 101 response: the connection speaks another protocol from here on. */
  get upgrade(): ResponseHead | null {
    return this.#upgrade;
  }

  /** @returns the bytes after the end of the message, `null` when there are none. */
  execute(received: Buffer): Buffer | null {
    let bytes = received;
    if (this.#pending !== null) {
      bytes = Buffer.concat([this.#pending, received]);
      this.#pending = null;
    }
    let at = 0;
    this.#forwardFrom = 0;
    while (at < bytes.length && this.#state !== 'done') {
      const next = this.#step(bytes, at);
      if (next < 0) {
        this.#keep(bytes, at);
        return null;
      }
      at = next;
    }
    if (this.#state === 'done') {
      return at < bytes.length ? bytes.subarray(at) : null;
    }
    this.#forward(bytes, at);
    return null;
  }

  /** The upstream closed its side. @throws ResponseError when the message is not complete. */
  finish(): void {
    if (this.#state === 'eof') {
      this.#state = 'done';
      this.#sink.onEnd(null);
    } else if (this.#state !== 'done') {
      throw new ResponseError(`the connection ended in the middle of its ${this.#state}`);
    }
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#head(bytes, at);
      case 'length':
        return this.#length(bytes, at);
      case 'eof':
        this.#sink.onPayload(at === 0 ? bytes : bytes.subarray(at));
        return bytes.length;
      case 'chunk-size':
        return this.#chunkSize(bytes, at);
      case 'chunk-data':
        return this.#chunkData(bytes, at);
      case 'chunk-end':
        return this.#chunkEnd(bytes, at);
      default:
        return this.#trailers(bytes, at);
    }
  }

  #head(bytes: Buffer, at: number): number {
    const end = bytes.indexOf('\r\n\r\n', at, 'latin1');
    if (end < 0 || end - at > this.#maxHeadBytes) {
      this.#checkUnfinishedHead(bytes, at, end);
      return -1;
    }
    const next = end + 4;
    const head = parseResponseHead(bytes.toString('latin1', at, end + 2));
    if (head.status < 200 && head.status !== 101) {
      this.#sink.onInformation(head.status, bytes.subarray(at, next));
      return next;
    }
    this.#forwardFrom = next;
    if (head.status === 101) {
      this.#upgrade = head;
      this.#state = 'done';
      return next;
    }
    this.#enterBody(head);
    this.#sink.onHead(head);
    if (this.#state === 'done') {
      this.#sink.onEnd(null);
    }
    return next;
  }

  #checkUnfinishedHead(bytes: Buffer, at: number, end: number): void {
    if (end >= 0 || bytes.length - at > this.#maxHeadBytes) {
      throw new ResponseError(`its head is longer than ${this.#maxHeadBytes} bytes`);
    }
    const first = bytes[at];
    if (first !== 0x48 || bytes.indexOf('\n\n', at, 'latin1') >= 0) {
      throw new ResponseError('it does not start with an HTTP/1.1 status line and header lines');
    }
  }

  #enterBody(head: ResponseHead): void {
    const { status } = head;
    if (this.#toHead || status === 204 || status === 304) {
      this.#state = 'done';
    } else if (head.chunked) {
      this.#state = 'chunk-size';
    } else if (head.contentLength === null) {
      this.#state = 'eof';
    } else {
      this.#remaining = head.contentLength;
      this.#state = head.contentLength === 0 ? 'done' : 'length';
    }
  }

  #length(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#remaining -= end - at;
    const payload = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
    this.#sink.onPayload(payload);
    if (this.#remaining === 0) {
      this.#state = 'done';
      this.#sink.onEnd(payload);
    }
    return end;
  }

  #chunkSize(bytes: Buffer, at: number): number {
    const lineEnd = framingLineEnd(bytes, at);
    if (lineEnd < 0) {
      return -1;
    }
    const size = chunkSizeOf(bytes, at, lineEnd);
    this.#remaining = size;
    if (size === 0) {
      this.#terminatorAt = at;
      this.#state = 'trailers';
      this.#trailerBytes = 0;
    } else {
      this.#state = 'chunk-data';
    }
    return lineEnd + 2;
  }

  #chunkData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#remaining -= end - at;
    this.#sink.onPayload(bytes.subarray(at, end));
    if (this.#remaining === 0) {
      this.#state = 'chunk-end';
    }
    return end;
  }

  #chunkEnd(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) {
      return -1;
    }
    if (bytes[at] !== CR || bytes[at + 1] !== LF) {
      throw new ResponseError('a chunk does not end where its size says');
    }
    this.#state = 'chunk-size';
    return at + 2;
  }

  #trailers(bytes: Buffer, at: number): number {
    const lineEnd = framingLineEnd(bytes, at);
    if (lineEnd < 0) {
      return -1;
    }
    this.#trailerBytes += lineEnd - at;
    if (this.#trailerBytes > this.#maxHeadBytes) {
      throw new ResponseError(`its trailers are longer than ${this.#maxHeadBytes} bytes`);
    }
    if (lineEnd === at) {
      this.#state = 'done';
      this.#sink.onEnd(this.#heldWith(bytes, lineEnd + 2));
    }
    return lineEnd + 2;
  }

  #heldWith(bytes: Buffer, to: number): Buffer {
    const rest = bytes.subarray(this.#forwardFrom, to);
    const held = this.#held;
    this.#held = null;
    return held === null ? rest : Buffer.concat([held, rest]);
  }

  #forwardBefore(bytes: Buffer, to: number): void {
    if (to > this.#forwardFrom) {
      const raw = bytes.subarray(this.#forwardFrom, to);
      this.#forwardFrom = to;
      this.#sink.onForward(raw);
    }
  }

  #forward(bytes: Buffer, to: number): void {
    if (this.#state === 'trailers') {
      this.#forwardBefore(bytes, this.#terminatorAt);
      this.#terminatorAt = 0;
      this.#held = this.#heldWith(bytes, to);
    } else if (this.#state !== 'head') {
      this.#forwardBefore(bytes, to);
    }
  }

  #keep(bytes: Buffer, at: number): void {
    if (bytes.length - at > LINE_LIMIT && this.#state !== 'head') {
      throw new ResponseError(`a framing line is longer than ${LINE_LIMIT} bytes`);
    }
    this.#forward(bytes, at);
    this.#pending = at === 0 ? bytes : Buffer.from(bytes.subarray(at));
  }
}
