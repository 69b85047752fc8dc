import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { ClientHeadLine, ClientSide } from './client-side.ts';
import { type Problem, problemBody, problemHeaders } from './problem.ts';

const SINGLE_WRITE_BYTES = 16 * 1024;

/**
 * The client's side of a plain request. The body's framing is the upstream's own bytes; node only writes
 * the head and keeps the connection.
 */
export class ClientResponse implements ClientSide {
  readonly #response: ServerResponse;
  readonly #mustClose: () => boolean;
  readonly #namesRequests: boolean;
  #head: ClientHeadLine | null = null;
  #framing: 'received' | 'added' = 'received';
  #headSent = false;
  #closes = false;

  /**
   * @param mustClose true when the connection has to close after this response.
   * @param namesRequests a problem carries the id of its request as a header too.
   */
  constructor(response: ServerResponse, mustClose: () => boolean, namesRequests: boolean) {
    this.#response = response;
    this.#mustClose = mustClose;
    this.#namesRequests = namesRequests;
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  setHead(head: ClientHeadLine, framing: 'received' | 'added' = 'received'): void {
    this.#head = head;
    this.#framing = framing;
  }

  flushHead(): void {
    if (this.#head !== null) {
      this.#writeHead();
      this.#response.flushHeaders();
    }
  }

  write(raw: Buffer): boolean {
    if (this.#head === null) {
      return this.#body().write(raw);
    }
    this.#writeHead();
    // As a string it leaves in one write with the head.
    return raw.length <= SINGLE_WRITE_BYTES
      ? this.#response.write(raw.toString('latin1'), 'latin1')
      : this.#response.write(raw);
  }

  onceDrained(resume: () => void): void {
    this.#body().once('drain', resume);
  }

  end(raw: Buffer | null): void {
    const { socket } = this.#response;
    this.#end(raw);
    if (this.#closes) {
      socket?.destroySoon();
    }
  }

  #end(raw: Buffer | null): void {
    const withHead = this.#head !== null;
    if (withHead) {
      this.#writeHead();
    }
    if (raw === null) {
      this.#response.end();
    } else if (withHead && raw.length <= SINGLE_WRITE_BYTES) {
      this.#response.end(raw.toString('latin1'), 'latin1');
    } else {
      this.#response.end(raw);
    }
  }

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
    this.end(this.#response.req.method === 'HEAD' ? null : Buffer.from(body));
  }

  closeAfterwards(): void {
    this.#closes = true;
  }

  destroy(): void {
    this.#response.destroy();
  }

  onClose(gone: () => void): void {
    this.#response.on('close', gone);
  }

  /** Where the body goes once the head has gone: with the upstream's framing, node has none to add. */
  #body(): Writable {
    const { socket } = this.#response;
    return this.#framing === 'added' || socket === null ? this.#response : socket;
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
    if (this.#closes || this.#mustClose()) {
      response.shouldKeepAlive = false;
    }
    // Keep-alive is what HTTP/1.1 means anyway: the upstream's head is not lengthened to say so.
    if (response.shouldKeepAlive && response.req.httpVersionMinor === 1) {
      response.removeHeader('connection');
    }
    if (this.#framing === 'added') {
      response.writeHead(head.status, head.reason, head.headers);
      return;
    }
    response.removeHeader('transfer-encoding');
    response.writeHead(head.status, head.reason, head.headers);
    response.chunkedEncoding = false;
  }
}
