import type { IncomingMessage } from 'node:http';
import { BodyMemory } from './body-memory.ts';
import { HELD_BODY_BYTES } from './held-body.ts';
import { type BodyFraming, latin1Of, writeChunk, writeLastChunk } from './upload-framing.ts';
import { type HeldBackUpload, UploadWatch } from './upload-watch.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

const SINGLE_WRITE_BYTES = 16 * 1024;
const READ_AHEAD_BYTES = 64 * 1024;
/** Read of one upload that stays held back, so that its client's end is seen behind the bytes. */
const READ_FURTHER_BYTES = 4 * 1024 * 1024;
/** The same of all uploads together. */
const ALL_READ_FURTHER_BYTES = 128 * 1024 * 1024;
/** Read of a body that nobody wants any more, before its client is cut off. */
const DROPPED_BYTES = 64 * 1024 * 1024;

/** What the uploads of one proxy share. */
export class UploadMeans {
  readonly watch = new UploadWatch();
  readonly readFurther = new BodyMemory(ALL_READ_FURTHER_BYTES);
  /** Bodies that are wanted whole. */
  readonly held: BodyMemory;

  /** @param heldBytes most bytes of bodies that are held whole at once. */
  constructor(heldBytes: number) {
    this.held = new BodyMemory(heldBytes);
  }
}

/** A whole body, or why there is none: longer than may be held, or no room beside the others. */
export type HeldResult = Buffer | 'too_long' | 'no_room';

/**
 * The request body on its way up: read at once, so that a small one is complete when the connection is
 * there and leaves in one write; held back when the upstream is slow. A client that leaves is noticed while
 * its body is held back: see `look`.
 */
export class Upload implements HeldBackUpload {
  readonly #means: UploadMeans;
  readonly #request: IncomingMessage;
  readonly #chunked: boolean;
  readonly #hold: boolean;
  readonly #memory: BodyMemory;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #connection: UpstreamConnection | null = null;
  #complete: boolean;
  #stopped = false;
  /** It has been held back for a while: what comes is kept, up to a limit. */
  #readsFurther = false;
  #taken = 0;
  #whenHeld: ((result: HeldResult) => void) | null = null;
  #refused: 'too_long' | 'no_room' | null = null;
  #sentAgain = false;
  #dropped = 0;
  bytes = 0;

  /** @param hold the body is wanted whole: see `held`. */
  constructor(means: UploadMeans, request: IncomingMessage, framing: BodyFraming, hold: boolean) {
    this.#means = means;
    this.#request = request;
    this.#hold = hold;
    this.#chunked = framing.chunked;
    this.#memory = hold ? means.held : means.readFurther;
    this.#complete = !framing.chunked && framing.length === 0;
    if (!this.#complete) {
      request.on('data', (chunk: Buffer) => this.#onData(chunk));
      request.on('end', () => this.#onEnd());
      if (hold && framing.length > HELD_BODY_BYTES) {
        this.#refuse('too_long');
      }
    }
  }

  /** The last byte of the request has been received. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Calls back with the whole body once it has come, and with a reason as soon as there will be none. */
  held(done: (result: HeldResult) => void): void {
    this.#whenHeld = done;
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

  /**
   * Writes head and a body that was held.
   * @param again it is kept until `forget`, to be sent again.
   */
  replay(connection: UpstreamConnection, head: string, body: Buffer, again: boolean): void {
    this.#connection = connection;
    this.#sentAgain = again;
    this.#sendInPieces(connection, head, body.length === 0 ? [] : [body]);
    connection.requestSent();
    if (!connection.socket.writableNeedDrain) {
      this.#goOn();
    }
  }

  /** A body that was held is not sent again. */
  forget(): void {
    this.#sentAgain = false;
    this.#giveBack();
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
   * seen, unless it is very much.
   */
  stop(): void {
    this.#connection = null;
    this.#waiting = [];
    this.forget();
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
      if (this.#hold) {
        this.#onHeld(chunk);
      } else if (this.#waitingBytes >= READ_AHEAD_BYTES) {
        this.#onAhead(chunk);
      }
    } else {
      this.#dropped += chunk.length;
      if (this.#dropped > DROPPED_BYTES) {
        this.#request.socket.destroy();
      }
    }
  }

  #onHeld(chunk: Buffer): void {
    this.#taken += this.#memory.take(chunk.length);
    if (this.#waitingBytes > HELD_BODY_BYTES) {
      this.#refuse('too_long');
    } else if (this.#memory.full) {
      this.#refuse('no_room');
    }
  }

  #refuse(reason: 'too_long' | 'no_room'): void {
    this.#refused = reason;
    this.#waiting = [];
    this.#giveBack();
    this.#request.pause();
    this.#checkHeld();
  }

  /** The chunk is more than can go on at once. */
  #onAhead(chunk: Buffer): void {
    if (this.#readsFurther) {
      this.#taken += this.#memory.take(chunk.length);
    }
    if (!this.#mayReadFurther()) {
      this.#holdBack();
    }
  }

  #mayReadFurther(): boolean {
    return this.#readsFurther && this.#taken < READ_FURTHER_BYTES && !this.#memory.full;
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
    if (this.#taken > 0 && !this.#sentAgain) {
      this.#memory.giveBack(this.#taken);
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
    if (whenHeld !== null && (this.#complete || this.#refused !== null)) {
      const waiting = this.#waiting;
      this.#waiting = [];
      this.#whenHeld = null;
      whenHeld(this.#refused ?? Buffer.concat(waiting));
    }
  }

  #write({ socket }: UpstreamConnection, chunk: Buffer): boolean {
    return this.#chunked ? writeChunk(socket, chunk) : socket.write(chunk);
  }

  #writeTerminator({ socket }: UpstreamConnection): void {
    if (this.#chunked) {
      writeLastChunk(socket, this.#request.rawTrailers);
    }
  }
}
