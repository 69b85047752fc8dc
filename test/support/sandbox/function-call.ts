import type { ServerResponse } from 'node:http';
import type { ContainerResponse } from './behaviour.ts';

/** Response headers; a list is sent as repeated lines. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

/**
 * The response of one function call. It outlives the HTTP exchange: what the container writes while no
 * caller is attached (between two legs of a 303 chain) waits for the next one.
 */
export class FunctionCall implements ContainerResponse {
  readonly id: string;
  /** Headers that go with the container's head: call id, identity. */
  extraHeaders: (headers: Headers) => Headers = () => ({});
  status: number | null = null;
  #head: { readonly status: number; readonly headers: Headers } | null = null;
  #waiting: Buffer[] = [];
  #ended = false;
  #cut = false;
  #client: ServerResponse | null = null;

  constructor(id: string) {
    this.id = id;
  }

  get started(): boolean {
    return this.#head !== null;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whoever waits now gets what was written, and what will be. */
  attach(client: ServerResponse): void {
    this.#client = client;
    this.#flush();
  }

  detach(): void {
    this.#client = null;
  }

  head(status: number, headers: Headers): void {
    this.status = status;
    this.#head = { status, headers: { ...this.extraHeaders(headers), ...headers } };
    this.#flush();
  }

  write(chunk: string | Buffer): void {
    this.#waiting.push(Buffer.from(chunk));
    this.#flush();
  }

  end(chunk?: string | Buffer): void {
    if (this.#ended) return;
    if (chunk !== undefined) this.#waiting.push(Buffer.from(chunk));
    this.#ended = true;
    this.#flush();
  }

  reset(): void {
    this.#ended = true;
    this.#cut = true;
    this.#flush();
  }

  #flush(): void {
    const client = this.#client;
    if (client === null) return;
    if (this.#head !== null && !client.headersSent) {
      client.writeHead(this.#head.status, this.#head.headers as Record<string, string>);
      client.flushHeaders();
    }
    for (const chunk of this.#waiting) client.write(chunk);
    this.#waiting = [];
    if (this.#cut) client.socket?.resetAndDestroy();
    else if (this.#ended) client.end();
  }
}
