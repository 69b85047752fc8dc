import type { Socket } from 'node:net';
import type { Log } from '../ports/log.ts';
import { ResponseError } from './response-error.ts';
import type { ResponseHead } from './response-head.ts';
import { ResponseParser, type ResponseSink } from './response-parser.ts';
import {
  connectFailure,
  connectTimeout,
  protocolFailure,
  resetFailure,
  timeoutFailure,
  type UpstreamFailure,
} from './upstream-failure.ts';
import { UpstreamPatience } from './upstream-patience.ts';
import { openSocket, type SocketSettings } from './upstream-socket.ts';

/** The exchange that a connection currently serves. */
export interface UpstreamSink extends ResponseSink {
  /** The bytes that have come so far are used up and the response is not complete. */
  onPartial(): void;
  /** The connection takes body bytes again. */
  onUpstreamDrain(): void;
  /** 101: the socket belongs to the sink now, with the bytes that came behind the head. */
  onUpgrade(head: ResponseHead, socket: Socket, rest: Buffer | null): void;
  /** No complete response will come. Called once, never after `onEnd`. */
  onFailure(failure: UpstreamFailure): void;
}

/** Where a connection reports. */
export interface ConnectionOwner {
  onReady(connection: UpstreamConnection): void;
  onIdle(connection: UpstreamConnection): void;
  onClosed(connection: UpstreamConnection, failure: UpstreamFailure | null): void;
}

export interface ConnectionSettings extends SocketSettings {
  readonly maxHeadBytes: number;
  readonly log: Log;
}

/**
 * One HTTP/1.1 connection to an upstream, serving one request at a time. Head bytes go out exactly as
 * given and come in exactly as sent, which general clients do not offer: they reorder `Host` and
 * `Content-Length`, add headers, refuse `Expect` and cannot send trailers.
 */
export class UpstreamConnection {
  readonly socket: Socket;
  /** Seconds for which the upstream said it keeps an idle connection. */
  keepAliveSeconds: number | null = null;
  idleSinceMs = 0;
  session: Buffer | null = null;
  readonly #settings: ConnectionSettings;
  readonly #owner: ConnectionOwner;
  readonly #patience: UpstreamPatience;
  #parser: ResponseParser | null = null;
  #sink: UpstreamSink | null = null;
  #requestSent = true;
  #headCame = false;
  #responseDone = true;
  #reusable = true;
  #ready = false;
  #closed = false;
  #error: Error | null = null;
  #detached = false;

  constructor(settings: ConnectionSettings, owner: ConnectionOwner) {
    this.#settings = settings;
    this.#owner = owner;
    this.socket = openSocket(settings, (bytes) => this.#onData(bytes));
    this.#patience = new UpstreamPatience(this.socket);
    const { connectTimeoutMs } = settings.options;
    this.socket.setTimeout(connectTimeoutMs);
    this.socket.on(settings.origin.tls ? 'secureConnect' : 'connect', () => this.#onReady());
    this.socket.on('session', (session: Buffer) => {
      this.session = session;
    });
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('drain', () => this.#sink?.onUpstreamDrain());
    this.socket.on('timeout', () => this.#onTimeout());
    this.socket.on('error', (error) => {
      this.#error = error;
    });
    this.socket.on('close', () => this.#onClose());
  }

  get usable(): boolean {
    return this.#ready && !this.#closed && this.#reusable && this.socket.writable;
  }

  /** Starts a request: what `write` sends from here on is its head and body. */
  start(sink: UpstreamSink, toHead: boolean): void {
    this.#sink = sink;
    this.#parser = new ResponseParser(sink, toHead, this.#settings.maxHeadBytes);
    this.#requestSent = false;
    this.#headCame = false;
    this.#responseDone = false;
  }

  /** The response head has come: from here on only silence counts. */
  responseStarted(head: ResponseHead): void {
    this.#headCame = true;
    this.keepAliveSeconds = head.keepAliveSeconds;
    if (!head.keepAlive) {
      this.#reusable = false;
    }
    const { idleTimeoutMs } = this.#settings.options;
    if (idleTimeoutMs !== null) {
      this.#patience.limit(idleTimeoutMs, `was silent for ${idleTimeoutMs} ms within its response`);
    } else {
      this.#patience.unlimited();
    }
  }

  /** The client takes no more for now: the upstream does not count as silent meanwhile. */
  pause(): void {
    this.socket.pause();
    this.#patience.pause();
  }

  /** The client takes more. */
  resume(): void {
    this.socket.resume();
    this.#patience.resume();
  }

  /** The upstream takes none of a body that has not come whole, and has not for a while. */
  uploadStalls(): void {
    const { headersTimeoutMs, uploadStallMs } = this.#settings.options;
    if (!this.#headCame) {
      const ms = headersTimeoutMs ?? uploadStallMs;
      this.#patience.limit(ms, `took nothing of the request body for ${ms} ms`);
    }
  }

  /** It takes some again, or all has come. */
  uploadMoves(): void {
    if (!this.#headCame) {
      this.#patience.unlimited();
    }
  }

  /** The whole request has been written: from here on the upstream is waited for, and not the client. */
  requestSent(): void {
    this.#requestSent = true;
    const { headersTimeoutMs } = this.#settings.options;
    if (headersTimeoutMs !== null && !this.#headCame) {
      this.#patience.limit(headersTimeoutMs, `sent no response head within ${headersTimeoutMs} ms`);
    } else {
      this.uploadMoves();
    }
    this.#release();
  }

  /** Drops the request that is under way; its sink hears nothing more. */
  abort(): void {
    this.#sink = null;
    this.#parser = null;
    this.destroy();
  }

  destroy(): void {
    this.#reusable = false;
    this.socket.destroy();
  }

  /** Hands the socket over: it emits `data` from now on, and this connection reports nothing more. */
  detach(): Socket {
    this.#sink = null;
    this.#parser = null;
    this.#reusable = false;
    this.#detached = true;
    this.socket.removeAllListeners('end');
    this.socket.removeAllListeners('drain');
    this.socket.removeAllListeners('timeout');
    this.socket.setTimeout(0);
    return this.socket;
  }

  #onReady(): void {
    this.#ready = true;
    this.socket.setTimeout(0);
    this.#owner.onReady(this);
  }

  #onData(bytes: Buffer): void {
    if (this.#detached) {
      this.socket.emit('data', bytes);
      return;
    }
    const parser = this.#parser;
    const sink = this.#sink;
    if (parser === null || sink === null) {
      // Bytes that nobody asked for: whatever they are, this connection cannot be trusted any more.
      this.destroy();
      return;
    }
    try {
      const rest = parser.execute(bytes);
      if (parser.upgrade !== null) {
        sink.onUpgrade(parser.upgrade, this.detach(), rest);
      } else if (parser.done) {
        this.#onResponseDone(rest);
      } else {
        sink.onPartial();
      }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (!(error instanceof ResponseError)) {
        // A defect of ours: it must not take the other requests with it.
        const { href } = this.#settings.origin;
        this.#settings.log.error({ error, upstream: href }, 'a response could not be passed on');
      }
      this.#fail(protocolFailure(this.#settings.origin.href, detail));
    }
  }

  #onResponseDone(rest: Buffer | null): void {
    if (this.#sink === null) {
      return;
    }
    if (rest !== null) {
      this.#reusable = false;
    }
    this.#sink = null;
    this.#parser = null;
    this.#responseDone = true;
    this.#release();
  }

  #release(): void {
    if (!this.#responseDone || this.#closed) {
      return;
    }
    if (!this.#reusable || !this.#requestSent || !this.socket.writable) {
      this.destroy();
      return;
    }
    this.#patience.unlimited();
    if (this.socket.isPaused()) {
      this.socket.resume();
    }
    this.#owner.onIdle(this);
  }

  #onEnd(): void {
    this.#reusable = false;
    const parser = this.#parser;
    if (parser === null || this.#sink === null) {
      this.destroy();
      return;
    }
    try {
      parser.finish();
      this.#onResponseDone(null);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#fail(resetFailure(this.#settings.origin.href, detail));
    }
  }

  #onTimeout(): void {
    const { origin, options } = this.#settings;
    if (!this.#ready) {
      this.#closed = true;
      this.destroy();
      this.#owner.onClosed(this, connectTimeout(origin.href, options.connectTimeoutMs));
    } else if (this.#patience.complaint !== null && this.#sink !== null) {
      this.#fail(timeoutFailure(origin.href, this.#patience.complaint));
    }
  }

  #fail(failure: UpstreamFailure): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#parser = null;
    this.destroy();
    sink?.onFailure(failure);
  }

  #onClose(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    const { href } = this.#settings.origin;
    const error: NodeJS.ErrnoException = this.#error ?? new Error('the connection was closed');
    if (this.#sink !== null) {
      this.#fail(resetFailure(href, error.code ?? error.message));
    }
    this.#owner.onClosed(this, this.#ready ? null : connectFailure(error, href));
  }
}
