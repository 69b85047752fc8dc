import type { ClosedRequest } from '../core/request-record.ts';
import { ConcurrencyMeter } from './concurrency-meter.ts';
import { EventLoopBlocked } from './event-loop-blocked.ts';
import type { ProxyEndpoint } from './proxy-settings.ts';
import { type EndpointStats, zeroByOutcome } from './proxy-stats.ts';
import { type UpstreamOrigin, upstreamOrigin } from './upstream-origin.ts';
import { UpstreamPool } from './upstream-pool.ts';

const MOST_POOLS = 1_000;

/** One endpoint while the proxy runs: its connections and its container pools. */
export class EndpointRuntime {
  readonly settings: ProxyEndpoint;
  readonly origin: UpstreamOrigin;
  readonly connections: UpstreamPool;
  readonly eventLoop = new EventLoopBlocked();
  inFlight = 0;
  readonly #requests = zeroByOutcome();
  #bytesIn = 0;
  #bytesOut = 0;
  readonly #meters = new Map<string | null, ConcurrencyMeter>();

  constructor(
    settings: ProxyEndpoint,
    limits: { readonly maxHeadBytes: number; readonly nowMs: () => number },
  ) {
    this.settings = settings;
    this.origin = upstreamOrigin(settings.upstream);
    this.connections = new UpstreamPool(this.origin, settings, limits);
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
