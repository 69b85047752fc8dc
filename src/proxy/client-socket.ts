import type { Socket } from 'node:net';
import type { ClientHeadLine, ClientSide } from './client-side.ts';
import { hangUp } from './hang-up.ts';
import { type Problem, problemBody, problemHeaders } from './problem.ts';

const READ_AHEAD_BYTES = 64 * 1024;

/**
 * The client's side of a request that asks for another protocol: node has handed over the bare socket.
 * A refusal is answered on it and closes it, since node cannot take it back.
 *
 * The socket is read from the start: on one that nobody reads, a client's close would go unseen. What comes
 * before the switch is kept for the tunnel, up to 64 KiB; a client that sends more is not read until then.
 */
export class ClientSocket implements ClientSide {
  readonly socket: Socket;
  readonly #namesRequests: boolean;
  readonly #lingerMs: number;
  #head: Buffer | null = null;
  #headSent = false;
  #early: Buffer[] = [];
  #earlyBytes = 0;
  readonly #onData = (bytes: Buffer): void => this.#keep(bytes);
  readonly #onEnd = (): void => this.#leave();

  /**
   * @param namesRequests a problem carries the id of its request as a header too.
   * @param lingerMs how long a client that has its answer may keep the connection open.
   */
  constructor(socket: Socket, namesRequests: boolean, lingerMs: number) {
    this.socket = socket;
    this.#namesRequests = namesRequests;
    this.#lingerMs = lingerMs;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  setHead({ status, reason, headers }: ClientHeadLine): void {
    const closing = status === 101 ? headers : [...headers, 'Connection', 'close'];
    this.#head = Buffer.from(headText(status, reason, closing), 'latin1');
  }

  flushHead(): void {
    const head = this.#takeHead();
    if (head !== null) {
      this.socket.write(head);
    }
  }

  write(raw: Buffer): boolean {
    this.flushHead();
    return this.socket.write(raw);
  }

  onceDrained(resume: () => void): void {
    this.socket.once('drain', resume);
  }

  end(raw: Buffer | null): void {
    this.flushHead();
    if (raw !== null) {
      this.socket.write(raw);
    }
    this.hangUp();
  }

  /** Ends it behind what has been written; a client that does not close its side is not waited for for long. */
  hangUp(): void {
    hangUp(this.socket, this.#lingerMs);
  }

  information(_status: number, head: Buffer): void {
    this.socket.write(head);
  }

  problem(problem: Problem, requestId: string): void {
    if (this.#headSent) {
      this.destroy();
      return;
    }
    const body = problemBody(problem, requestId);
    this.setHead({
      status: problem.status,
      reason: problem.title,
      headers: problemHeaders(problem, body, this.#namesRequests ? requestId : null),
    });
    this.end(Buffer.from(body));
  }

  closeAfterwards(): void {
    // It always does.
  }

  destroy(): void {
    this.socket.destroy();
  }

  onClose(gone: () => void): void {
    this.socket.on('close', gone);
  }

  /** Hands the socket over. @returns what the client has sent in the meantime. */
  takeOver(): readonly Buffer[] {
    this.socket.off('data', this.#onData);
    this.socket.off('end', this.#onEnd);
    return this.#early;
  }

  #keep(bytes: Buffer): void {
    if (this.socket.writableEnded) {
      return; // It has been refused: what still comes is for nobody.
    }
    this.#early.push(bytes);
    this.#earlyBytes += bytes.length;
    if (this.#earlyBytes >= READ_AHEAD_BYTES) {
      this.socket.pause();
    }
  }

  /** Before the switch a client that closes its side has left: there is no half of a protocol yet. */
  #leave(): void {
    if (!this.socket.writableEnded) {
      this.socket.destroy();
    }
  }

  #takeHead(): Buffer | null {
    const head = this.#head;
    this.#head = null;
    this.#headSent ||= head !== null;
    return head;
  }
}

function headText(status: number, reason: string, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  }
  return `${text}\r\n`;
}
