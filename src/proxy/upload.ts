import type { IncomingMessage } from 'node:http';
import { BodyMemory } from './body-memory.ts';
import { HELD_BODY_BYTES } from './held-body.ts';
import { type HeldBackUpload, UploadWatch } from './upload-watch.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

const SINGLE_WRITE_BYTES = 16 * 1024;
const READ_AHEAD_BYTES = 64 * 1024;
/** Read of one upload that stays held back, so that its client's end is seen behind the bytes. */
const READ_FURTHER_BYTES = 4 * 1024 * 1024;
/** The same of all uploads together. */
const ALL_READ_FURTHER_BYTES = 128 * 1024 * 1024;

export interface BodyFraming {
  readonly chunked: boolean;
  /** From `Content-Length`; 0 when there is no body. */
  readonly length: number;
}

/** What the uploads of one proxy share. */
export class UploadMeans {
  readonly watch = new UploadWatch();
  readonly readFurther = new BodyMemory(ALL_READ_FURTHER_BYTES);
}

/**
 * The request body on its way up: read at once, so that a small one is complete when the connection is
 * there and leaves in one write; held back when the upstream is slow. A client that leaves is noticed while
 * its body is held back: see `look`.
 */
export class Upload implements HeldBackUpload {
  readonly #means: UploadMeans;
  readonly #request: IncomingMessage;
  readonly #chunked: boolean;
  readonly #readAhead: number;
  readonly #hold: boolean;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #connection: UpstreamConnection | null = null;
  #complete: boolean;
  #stopped = false;
  /** It has been held back for a while: what comes is kept, up to a limit. */
  #readsFurther = false;
  #taken = 0;
  #whenHeld: ((body: Buffer | null) => void) | null = null;
  bytes = 0;

  /** @param hold the body is wanted whole: see `held`. */
  constructor(means: UploadMeans, request: IncomingMessage, framing: BodyFraming, hold: boolean) {
    this.#means = means;
    this.#request = request;
    this.#hold = hold;
    this.#chunked = framing.chunked;
    this.#readAhead = hold ? HELD_BODY_BYTES : READ_AHEAD_BYTES;
    this.#complete = !framing.chunked && framing.length === 0;
    if (!this.#complete) {
      request.on('data', (chunk: Buffer) => this.#onData(chunk));
      request.on('end', () => this.#onEnd());
    }
  }

  /** The last byte of the request has been received. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Calls back with the whole body, `null` when it is longer than may be held. */
  held(whole: (body: Buffer | null) => void): void {
    this.#whenHeld = whole;
    this.#checkHeld();
  }

  /** Writes head and what there is of the body, and passes the rest on as it comes. */
  sendTo(connection: UpstreamConnection, head: string): void {
    this.#connection = connection;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (this.#chunked || this.#waitingBytes > SINGLE_WRITE_BYTES) {
      this.#sendInPieces(connection, head, waiting);
    } else {
      connection.socket.write(head + latin1Of(waiting), 'latin1');
    }
    this.#waitingBytes = 0;
    if (this.#complete) {
      connection.requestSent();
    }
    if (!connection.socket.writableNeedDrain) {
      this.#goOn();
    } else if (!this.#complete) {
      this.#readsFurther = false;
      this.#holdBack();
    }
  }

  /** Writes head and a body that was held; it can be sent again. */
  replay(connection: UpstreamConnection, head: string, body: Buffer): void {
    this.#sendInPieces(connection, head, body.length === 0 ? [] : [body]);
    connection.requestSent();
  }

  /** The upstream takes bytes again. */
  drained(): void {
    if (this.#connection !== null) {
      this.#goOn();
    }
  }

  /**
   * The upload stays held back. A write of nothing asks the kernel whether the client has reset the
   * connection. The end of one that closed it stands behind its bytes: some of them are read and kept.
   */
  look(): void {
    const { socket } = this.#request;
    if (socket.writableLength === 0) {
      socket.write('');
    }
    if (!this.#readsFurther) {
      this.#readsFurther = true;
      this.#connection?.uploadStalls();
    }
    if (this.#mayReadFurther()) {
      this.#request.resume();
    } else {
      this.#means.watch.add(this);
    }
  }

  /**
   * No more bytes are wanted. What still comes is read and dropped, so that the client's next request is
   * seen.
   */
  stop(): void {
    this.#connection = null;
    this.#waiting = [];
    this.#giveBack();
    if (!this.#complete) {
      this.#means.watch.delete(this);
    }
    if (!this.#complete && !this.#stopped) {
      this.#request.resume();
    }
    this.#stopped = true;
  }

  #sendInPieces(connection: UpstreamConnection, head: string, waiting: readonly Buffer[]): void {
    connection.socket.cork();
    connection.socket.write(head, 'latin1');
    for (const chunk of waiting) {
      this.#write(connection, chunk);
    }
    if (this.#complete) {
      this.#writeTerminator(connection);
    }
    connection.socket.uncork();
  }

  #onData(chunk: Buffer): void {
    this.bytes += chunk.length;
    const connection = this.#connection;
    if (connection !== null) {
      if (!this.#write(connection, chunk)) {
        this.#onAhead(chunk);
      }
    } else if (!this.#stopped) {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
      if (this.#waitingBytes >= this.#readAhead) {
        this.#onAhead(chunk);
        this.#checkHeld();
      }
    }
  }

  /** The chunk is more than can go on at once. */
  #onAhead(chunk: Buffer): void {
    if (this.#readsFurther) {
      this.#taken += this.#means.readFurther.take(chunk.length);
    }
    if (!this.#mayReadFurther()) {
      this.#holdBack();
    }
  }

  #mayReadFurther(): boolean {
    return (
      this.#readsFurther &&
      !this.#hold &&
      this.#taken < READ_FURTHER_BYTES &&
      !this.#means.readFurther.full
    );
  }

  #holdBack(): void {
    this.#request.pause();
    this.#means.watch.add(this);
  }

  /** All that was read has gone on. */
  #goOn(): void {
    this.#giveBack();
    if (this.#complete) {
      return;
    }
    this.#means.watch.delete(this);
    if (this.#readsFurther) {
      this.#readsFurther = false;
      this.#connection?.uploadMoves();
    }
    this.#request.resume();
  }

  #giveBack(): void {
    if (this.#taken > 0) {
      this.#means.readFurther.giveBack(this.#taken);
      this.#taken = 0;
    }
  }

  #onEnd(): void {
    this.#complete = true;
    const connection = this.#connection;
    if (connection !== null) {
      this.#writeTerminator(connection);
      connection.requestSent();
    }
    this.#checkHeld();
  }

  #checkHeld(): void {
    const whenHeld = this.#whenHeld;
    const tooLong = this.#waitingBytes >= this.#readAhead;
    if (whenHeld !== null && (this.#complete || tooLong)) {
      this.#whenHeld = null;
      whenHeld(tooLong ? null : Buffer.concat(this.#waiting));
    }
  }

  #write(connection: UpstreamConnection, chunk: Buffer): boolean {
    const { socket } = connection;
    if (!this.#chunked) {
      return socket.write(chunk);
    }
    socket.cork();
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    socket.write(chunk);
    const more = socket.write('\r\n', 'latin1');
    socket.uncork();
    return more;
  }

  #writeTerminator(connection: UpstreamConnection): void {
    if (this.#chunked) {
      connection.socket.write(`0\r\n${trailerLines(this.#request.rawTrailers)}\r\n`, 'latin1');
    }
  }
}

function latin1Of(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) {
    return first.toString('latin1');
  }
  return chunks.map((chunk) => chunk.toString('latin1')).join('');
}

function trailerLines(rawTrailers: readonly string[]): string {
  let lines = '';
  for (let index = 0; index < rawTrailers.length; index += 2) {
    lines += `${rawTrailers[index]}: ${rawTrailers[index + 1]}\r\n`;
  }
  return lines;
}
