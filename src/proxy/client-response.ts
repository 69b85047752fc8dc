import type { ServerResponse } from 'node:http';
import { type Problem, problemBody, problemHeaders } from './problem.ts';

const SINGLE_WRITE_BYTES = 16 * 1024;

/**
 * The client's side of a response. The body's framing is the upstream's own bytes; node only writes the
 * head and keeps the connection.
 */
export class ClientResponse {
  readonly #response: ServerResponse;
  #head: { status: number; reason: string; headers: string[] } | null = null;
  #headSent = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  /** Takes the head; it leaves with the first body bytes, or when flushed. */
  setHead(status: number, reason: string, headers: string[]): void {
    this.#head = { status, reason, headers };
  }

  /** Sends a head that is still waiting. */
  flushHead(): void {
    if (this.#head !== null) {
      this.#writeHead();
      this.#response.flushHeaders();
    }
  }

  /** @returns false when the client is slow: wait for `drain`. */
  write(raw: Buffer): boolean {
    if (this.#head === null) {
      return this.#response.write(raw);
    }
    this.#writeHead();
    // As a string it leaves in one write with the head.
    return raw.length <= SINGLE_WRITE_BYTES
      ? this.#response.write(raw.toString('latin1', 0, raw.length), 'latin1')
      : this.#response.write(raw);
  }

  end(raw: Buffer | null): void {
    const withHead = this.#head !== null;
    if (withHead) {
      this.#writeHead();
    }
    if (raw === null) {
      this.#response.end();
    } else if (withHead && raw.length <= SINGLE_WRITE_BYTES) {
      this.#response.end(raw.toString('latin1', 0, raw.length), 'latin1');
    } else {
      this.#response.end(raw);
    }
  }

  /** An interim response, as received. */
  information(status: number, head: Buffer): void {
    const response = this.#response;
    if (this.#headSent || response.req.httpVersion !== '1.1') {
      return;
    }
    if (status === 100) {
      response.writeContinue();
    } else {
      response.socket?.write(head);
    }
  }

  problem(problem: Problem, requestId: string | null): void {
    const body = problemBody(problem, requestId);
    this.#head = {
      status: problem.status,
      reason: problem.title,
      headers: problemHeaders(problem, body),
    };
    this.end(Buffer.from(body));
  }

  /** Breaks the connection: the client must not take what it has for a complete response. */
  destroy(): void {
    this.#response.destroy();
  }

  #writeHead(): void {
    const head = this.#head;
    if (head === null) {
      return;
    }
    this.#head = null;
    this.#headSent = true;
    const response = this.#response;
    response.sendDate = false;
    if (response.shouldKeepAlive && response.req.httpVersionMinor === 1) {
      response.removeHeader('connection');
    }
    response.removeHeader('transfer-encoding');
    response.writeHead(head.status, head.reason, head.headers);
    // The body bytes carry their own framing.
    response.chunkedEncoding = false;
  }
}
