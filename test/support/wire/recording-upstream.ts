import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type HttpMessage, parseHead, parseMessage, targetOf } from './http-message.ts';
import { ReceivedBytes } from './received-bytes.ts';
import { playScript, type WireEnd, type WireStep } from './wire-script.ts';

/** Answers by request target; `*` for all others. Starts with the request's head unless it waits. */
export type UpstreamScripts = Readonly<Record<string, readonly WireStep[]>>;

const OK: readonly WireStep[] = ['await-body', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'];

/** A raw TCP server that plays scripts and keeps what it was sent. */
export class RecordingUpstream {
  /** What the next case's requests get. */
  scripts: UpstreamScripts = { '*': OK };
  /** Whole requests, and at the connection's end the rest of an incomplete one. */
  requests: HttpMessage[] = [];
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => void this.#serve(socket));
  #heads = 0;
  readonly #sockets = new Set<Socket>();

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get listening(): boolean {
    return this.#server.listening;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves once the heads of so many requests, and what came with them, have arrived. */
  async received(count = 1): Promise<void> {
    while (this.#heads < count) await once(this.#server, 'head');
  }

  /** Resolves once no connection is open: whoever left has been noticed. */
  async idle(): Promise<void> {
    while (this.#sockets.size > 0) {
      // Not `once` of node:events, which a reset would reject.
      const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));
      await Promise.all([...this.#sockets].map(closed));
    }
  }

  /** Forgets what was seen, and drops kept connections so that the next case starts alone. */
  reset(scripts: UpstreamScripts): void {
    for (const socket of this.#sockets) socket.destroy();
    this.scripts = scripts;
    this.requests = [];
    this.#heads = 0;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    const received = new ReceivedBytes();
    const requests = this.requests;
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('error', () => {});
    socket.on('end', () => received.close());
    socket.on('close', () => {
      received.close();
      this.#sockets.delete(socket);
    });
    let offset = 0;
    for (;;) {
      const rest = () => withoutEmptyLines(received.bytes.subarray(offset));
      await received.until(() => parseHead(rest()) !== null);
      const head = parseHead(rest());
      if (head === null) break;
      this.#heads += 1;
      this.#server.emit('head');
      const target = head.startLine.split(' ')[1] ?? '';
      const script = this.scripts[target] ?? this.scripts['*'] ?? OK;
      await playScript(script, upstreamEnd(socket, received, rest)).catch(() => {});
      const whole = () => parseMessage(rest(), { kind: 'request', closed: received.closed });
      await received.until(() => whole() !== null);
      const parsed = whole();
      if (parsed === null) break;
      requests.push(parsed.message);
      if (!parsed.message.complete) break;
      offset = received.bytes.length - rest().length + parsed.length;
    }
    socket.end();
  }
}

/** Empty lines before a request line are ignored (RFC 9112, 2.2). */
function withoutEmptyLines(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) at += 2;
  return bytes.subarray(at);
}

function upstreamEnd(socket: Socket, received: ReceivedBytes, rest: () => Buffer): WireEnd {
  return {
    write: (bytes) => write(socket, bytes),
    received: (text) => received.until(() => rest().includes(text, 0, 'latin1')),
    bodyReceived: () =>
      received.until(() => parseMessage(rest(), { kind: 'request', closed: false }) !== null),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => {
      socket.end();
    },
    reset: () => {
      socket.resetAndDestroy();
    },
  };
}

/** Resolves when the kernel has taken the bytes. Small writes go out at once, one packet each. */
export function write(socket: Socket, bytes: Buffer): Promise<void> {
  socket.setNoDelay(true);
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.write(bytes, () => resolve());
  });
}

/** Requests in the order of their targets: two connections have no order between them. */
export function byTarget(requests: readonly HttpMessage[]): readonly HttpMessage[] {
  return [...requests].sort((left, right) => targetOf(left).localeCompare(targetOf(right)));
}
