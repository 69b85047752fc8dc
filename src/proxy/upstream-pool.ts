import type { Log } from '../ports/log.ts';
import type { UpstreamOptions } from './proxy-settings.ts';
import { type ConnectionOwner, UpstreamConnection } from './upstream-connection.ts';
import type { UpstreamFailure } from './upstream-failure.ts';
import type { UpstreamOrigin } from './upstream-origin.ts';
import { WaitingLine } from './waiting-line.ts';

/** A request that needs a connection. */
export interface ConnectionUser {
  onConnection(connection: UpstreamConnection): void;
  /** There will be none. */
  onFailure(failure: UpstreamFailure): void;
}

/** What a pool needs from outside. */
export interface PoolMeans {
  /** Longest response head, and longest trailers. */
  readonly maxHeadBytes: number;
  readonly nowMs: () => number;
  readonly log: Log;
}

const SWEEP_MS = 1_000;

/** The connections to one endpoint: bounded on purpose, with a bounded and visible queue. */
export class UpstreamPool implements ConnectionOwner {
  readonly #origin: UpstreamOrigin;
  readonly #options: UpstreamOptions;
  readonly #means: PoolMeans;
  readonly #connections = new Set<UpstreamConnection>();
  /** Newest last: the one used last is the least likely to have been closed meanwhile. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #waiting = new WaitingLine<ConnectionUser>();
  readonly #openers = new Map<UpstreamConnection, ConnectionUser>();
  #session: Buffer | null = null;
  #sweep: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(origin: UpstreamOrigin, options: UpstreamOptions, means: PoolMeans) {
    this.#origin = origin;
    this.#options = options;
    this.#means = means;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** True when a further request would have to be refused. */
  get full(): boolean {
    return (
      this.#idle.length === 0 &&
      this.#connections.size >= this.#options.connections &&
      this.#waiting.size >= this.#options.queueLimit
    );
  }

  /** Calls `user.onConnection` as soon as a connection is free, at once if one is. */
  acquire(user: ConnectionUser): void {
    for (let next = this.#idle.pop(); next !== undefined; next = this.#idle.pop()) {
      if (next.usable && !this.#expired(next)) {
        user.onConnection(next);
        return;
      }
      next.destroy();
    }
    this.#waiting.add(user);
    this.#openFor(user);
  }

  /** The request is not interested any more. */
  cancel(user: ConnectionUser): void {
    this.#waiting.delete(user);
  }

  close(): void {
    this.#closed = true;
    if (this.#sweep !== null) {
      clearInterval(this.#sweep);
    }
    for (const connection of this.#connections) {
      connection.destroy();
    }
  }

  onReady(connection: UpstreamConnection): void {
    const opener = this.#openers.get(connection);
    this.#openers.delete(connection);
    if (opener !== undefined && this.#waiting.delete(opener)) {
      opener.onConnection(connection);
    } else {
      this.onIdle(connection);
    }
  }

  onIdle(connection: UpstreamConnection): void {
    this.#session = connection.session ?? this.#session;
    const next = this.#waiting.first;
    if (next !== null) {
      this.#waiting.delete(next);
      next.onConnection(connection);
      return;
    }
    connection.idleSinceMs = this.#means.nowMs();
    this.#idle.push(connection);
    this.#sweep ??= setInterval(() => this.#closeIdle(), SWEEP_MS).unref();
  }

  onClosed(connection: UpstreamConnection, failure: UpstreamFailure | null): void {
    this.#connections.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) {
      this.#idle.splice(index, 1);
    }
    const opener = this.#openers.get(connection);
    this.#openers.delete(connection);
    if (failure !== null) {
      this.#session = null;
    }
    if (failure !== null && opener !== undefined && this.#waiting.delete(opener)) {
      opener.onFailure(failure);
    }
    const next = this.#waiting.first;
    if (next !== null && this.#openers.size < this.#waiting.size) {
      this.#openFor(next);
    }
  }

  #openFor(user: ConnectionUser): void {
    if (this.#closed || this.#connections.size >= this.#options.connections) {
      return;
    }
    const connection = new UpstreamConnection(
      {
        origin: this.#origin,
        options: this.#options,
        maxHeadBytes: this.#means.maxHeadBytes,
        log: this.#means.log,
        session: this.#session,
      },
      this,
    );
    this.#connections.add(connection);
    this.#openers.set(connection, user);
  }

  #closeIdle(): void {
    for (const connection of this.#idle) {
      if (this.#expired(connection)) {
        connection.destroy();
      }
    }
    if (this.#idle.length === 0 && this.#sweep !== null) {
      clearInterval(this.#sweep);
      this.#sweep = null;
    }
  }

  // A second less than the upstream says, so that it never closes under a request.
  #expired(connection: UpstreamConnection): boolean {
    const said = connection.keepAliveSeconds;
    const { keepAliveMs } = this.#options;
    const keepMs = said === null ? keepAliveMs : Math.min(keepAliveMs, said * 1_000 - 1_000);
    return this.#means.nowMs() - connection.idleSinceMs >= keepMs;
  }
}
