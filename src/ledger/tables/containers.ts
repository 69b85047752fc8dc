/** How a container's life ended, as Modal says. */
export type ContainerResult =
  | ('success' | 'failure' | 'terminated' | 'timeout')
  | ('init_failure' | 'internal_failure' | 'idle_timeout' | 'evicted');

/**
 * What Modal's API said of a container. `running`: it had not ended when it was asked about, and is asked about
 * again; `unknown`: Modal does not know it, or does not any more.
 */
export interface ContainerLifetimesTable {
  /** `names.id` of the kind `container`, as in `requests`. */
  container_id: number;
  state: 'running' | 'ended' | 'unknown';
  app_id: string;
  /** The GPU that it ran on, which may be a better one than the one that is billed; '' when not said. */
  gpu: string;
  result: string | null;
  enqueued_at: number | null;
  /** It could take requests from here on: after boot and model load. */
  ready_at: number | null;
  ended_at: number | null;
  gpu_count: number | null;
  asked_at: number;
}

/** Which container ran a request, and when: by Modal's API, through the request's function call. */
export interface CallFactsTable {
  request_seq: number;
  /** `requests.started_at`. */
  started_at: number;
  container_id: number;
  run_from: number;
  /** `null`: Modal does not say how long. */
  run_us: number | null;
  /** The container's start-up time; `null` when not said. */
  boot_us: number | null;
}

/** The functions of Modal behind an endpoint, and up to which moment their calls have been asked for. */
export interface CallSourcesTable {
  endpoint_id: number;
  function_id: string;
  asked_until: number;
}
