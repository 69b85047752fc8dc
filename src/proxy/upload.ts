import type { IncomingMessage } from 'node:http';
import type { UpstreamConnection } from './upstream-connection.ts';

const SINGLE_WRITE_BYTES = 16 * 1024;
const READ_AHEAD_BYTES = 64 * 1024;

export interface UploadEvents {
  /** The last byte of the request has been written to the upstream. */
  onSent(): void;
}

/**
 * The request body on its way up: read at once, so that a small one is complete when the connection is
 * there and leaves in one write; held back when the upstream is slow.
 */
export class Upload {
  readonly #request: IncomingMessage;
  readonly #chunked: boolean;
  readonly #events: UploadEvents;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #connection: UpstreamConnection | null = null;
  #complete = false;
  bytes = 0;

  constructor(
    request: IncomingMessage,
    framing: { chunked: boolean; length: number },
    events: UploadEvents,
  ) {
    this.#request = request;
    this.#chunked = framing.chunked;
    this.#events = events;
    if (!framing.chunked && framing.length === 0) {
      this.#complete = true;
      return;
    }
    request.on('data', (chunk: Buffer) => this.#onData(chunk));
    request.on('end', () => this.#onEnd());
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
      this.#sent(connection);
    } else if (!connection.socket.writableNeedDrain) {
      this.#request.resume();
    }
  }

  /** The upstream takes bytes again. */
  drained(): void {
    if (!this.#complete && this.#connection !== null) {
      this.#request.resume();
    }
  }

  /** No more bytes are wanted. What still comes is read and dropped, so that the client's next request is seen. */
  stop(): void {
    this.#connection = null;
    this.#waiting = [];
    this.#complete = true;
    this.#request.removeAllListeners('data');
    this.#request.resume();
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
        this.#request.pause();
      }
      return;
    }
    if (!this.#complete) {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
      if (this.#waitingBytes >= READ_AHEAD_BYTES) {
        this.#request.pause();
      }
    }
  }

  #onEnd(): void {
    if (this.#complete) {
      return;
    }
    this.#complete = true;
    const connection = this.#connection;
    if (connection !== null) {
      this.#writeTerminator(connection);
      this.#sent(connection);
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

  #sent(connection: UpstreamConnection): void {
    this.#events.onSent();
    connection.requestSent();
  }
}

function latin1Of(chunks: readonly Buffer[]): string {
  let text = '';
  for (const chunk of chunks) {
    text += chunk.toString('latin1', 0, chunk.length);
  }
  return text;
}

function trailerLines(rawTrailers: readonly string[]): string {
  let lines = '';
  for (let index = 0; index < rawTrailers.length; index += 2) {
    lines += `${rawTrailers[index]}: ${rawTrailers[index + 1]}\r\n`;
  }
  return lines;
}
