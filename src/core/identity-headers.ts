/**
 * Response headers with which a container says who it is: written by
 * `collectors/container-identity/tripmeter_asgi.py`, read and removed by the proxy. All are optional and
 * untrusted. Durations are whole microseconds measured inside one machine; no instant crosses machines,
 * because two clocks never agree. Names are lower case, as Node and HTTP/2 give them.
 */
export const IDENTITY_HEADERS = {
  /** `MODAL_TASK_ID`, e.g. `ta-01ABC`. */
  containerId: 'x-tripmeter-container-id',
  /** `MODAL_REGION`, e.g. `us-east-1`. */
  region: 'x-tripmeter-container-region',
  /** `MODAL_CLOUD_PROVIDER`, e.g. `CLOUD_PROVIDER_AWS`. */
  cloud: 'x-tripmeter-container-cloud',
  /** Age of the process when the request entered it. */
  ageUs: 'x-tripmeter-container-age-us',
  /** Process start to ready: ASGI start-up done, or, without a lifespan, the application built. */
  readyUs: 'x-tripmeter-container-ready-us',
  /** Requests that the process had seen before this one; `0` came with the cold start. */
  seen: 'x-tripmeter-container-seen',
  /** Requests in flight at entry, this one included. */
  inFlight: 'x-tripmeter-container-in-flight',
  /**
   * How long the event loop was blocked until just before the request entered; the request waited at most
   * this long, and at most since it was sent.
   */
  entryUs: 'x-tripmeter-container-entry-us',
  /** Entry to the response's last byte; absent on streams, which have not ended when headers leave. */
  handlerUs: 'x-tripmeter-container-handler-us',
} as const;

/** Prefix of every name above: what the proxy removes before the client sees the response. */
export const IDENTITY_HEADER_PREFIX = 'x-tripmeter-container-';
