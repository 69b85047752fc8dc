import { OUTCOMES, type Outcome } from '../core/outcome.ts';

/** Counters since start and gauges of now, as plain data for the admin port. */
export interface ProxyStats {
  readonly endpoints: readonly EndpointStats[];
  /** Requests whose first path segment names no endpoint. They leave no record. */
  readonly unknownEndpoint: number;
  /** Connections whose bytes were not a valid HTTP/1.1 request. They leave no record. */
  readonly malformed: number;
  /** Open client connections. */
  readonly clientConnections: number;
  /** Connections turned away because `proxy.maxConnections` were open. They leave no record. */
  readonly refusedConnections: number;
  /** Requests between two legs of a 303 chain. */
  readonly parked: number;
}

export interface EndpointStats {
  readonly endpoint: string;
  /** Closed requests by outcome; every outcome is present. */
  readonly requests: Readonly<Record<Outcome, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly inFlight: number;
  /** Requests that wait for an upstream connection. */
  readonly queued: number;
  readonly connections: number;
}

export function zeroByOutcome(): Record<Outcome, number> {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
}
