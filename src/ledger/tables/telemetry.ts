/**
 * A container that Modal's pushed metrics have named: when it was seen running, and what its counters have
 * added up to. `endpoint` is not theirs to say: see cost/unserved-containers.
 */
export interface TelemetryContainersTable {
  /** `names.id` of the kind `container`, as in `requests`. */
  container_id: number;
  app_id: string;
  app_name: string;
  function_id: string;
  function_name: string;
  environment: string;
  /** First and last instant at which it was seen running; `null`: only counters came so far. */
  first_at: number | null;
  last_at: number | null;
  /** How many instants those are. */
  samples: number;
  cold_start_us: number;
  queue_us: number;
  execution_us: number;
  inputs: number;
  /** 0/1: a recorded request names it. */
  served: number;
  /** Its session, when no recorded request names it. */
  session_id: number | null;
}

/** The newest point of a counter that runs on from push to push. */
export interface TelemetryCountersTable {
  container_id: number;
  kind: string;
  at: number;
  since: number | null;
  value: number;
}
