import type { ErrorClass } from '../core/outcome.ts';
import type { ClosedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import { ConcurrencyMeter } from './concurrency-meter.ts';
import { EventLoopBlocked } from './event-loop-blocked.ts';
import type { ProxyEndpoint } from './proxy-settings.ts';
import { type EndpointStats, zeroByOutcome } from './proxy-stats.ts';
import { type UpstreamOrigin, upstreamOrigin } from './upstream-origin.ts';
import { type PoolMeans, UpstreamPool } from './upstream-pool.ts';

const MOST_POOLS = 1_000;

/** One endpoint while the proxy runs: its connections and its container pools. */
export class EndpointRuntime {
  readonly settings: ProxyEndpoint;
  readonly origin: UpstreamOrigin;
  readonly connections: UpstreamPool;
  readonly #eventLoop = new EventLoopBlocked();
  inFlight = 0;
  readonly #requests = zeroByOutcome();
  #bytesIn = 0;
  #bytesOut = 0;
  readonly #meters = new Map<string | null, ConcurrencyMeter>();

  constructor(settings: ProxyEndpoint, means: PoolMeans) {
    this.settings = settings;
    this.origin = upstreamOrigin(settings.upstream);
    this.connections = new UpstreamPool(this.origin, settings, means);
  }

  get name(): string {
    return this.settings.name;
  }

  get upstream(): string {
    return this.settings.upstream;
  }

  /** The clock of a container pool; idle ones are forgotten when there are many. */
  meterOf(pool: string | null): ConcurrencyMeter {
    let meter = this.#meters.get(pool);
    if (meter === undefined) {
      if (this.#meters.size >= MOST_POOLS) {
        this.#forgetIdle();
      }
      meter = new ConcurrencyMeter(this.settings.maxInputs);
      this.#meters.set(pool, meter);
    }
    return meter;
  }

  /** Path and query for the upstream of a location that it sent. */
  targetOf(location: string, requested: string): string {
    const { pathname, search } = new URL(location, new URL(requested, this.origin.href));
    return pathname + search;
  }

  /**
   * A request has ended upstream. `done` hears whether it was let go by an event loop that had been blocked,
   * which takes up to 50 ms to tell for a 408, and no time for anything else.
   */
  noteEnd(errorClass: ErrorClass | null, now: Micros, done: (blocked: boolean) => void): void {
    if (errorClass === 'modal_missing_request') {
      this.#eventLoop.diagnose(now, this.inFlight > 1, done);
    } else {
      this.#eventLoop.noteEnd(now);
      done(false);
    }
  }

  countClosed(closed: ClosedRequest): void {
    this.#requests[closed.outcome] += 1;
    this.#bytesIn += closed.bytesIn;
    this.#bytesOut += closed.bytesOut;
  }

  stats(): EndpointStats {
    return {
      endpoint: this.name,
      requests: { ...this.#requests },
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      inFlight: this.inFlight,
      queued: this.connections.waiting,
      connections: this.connections.connections,
    };
  }

  #forgetIdle(): void {
    for (const [pool, meter] of this.#meters) {
      if (meter.running === 0) {
        this.#meters.delete(pool);
      }
    }
  }
}
