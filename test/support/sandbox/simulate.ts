import type { EpochMicros, Micros } from '../../../src/core/units.ts';
import { type BillRow, billRows } from './bill.ts';
import { type Container, ContainerPool, type PoolEvent } from './container-pool.ts';
import {
  billedIntervals,
  billedResources,
  DEFAULT_DEPLOYMENT,
  type Deployment,
} from './deployment.ts';
import { EventQueue } from './event-queue.ts';

/** A request on its way to the function. */
export interface Arrival {
  readonly id: string;
  readonly at: EpochMicros;
  /** Work in the container once it is taken. */
  readonly serviceUs: Micros;
}

/** What became of an arrival. `startedAt - arrivedAt` is Modal's queue plus boot. */
export interface SimulatedRequest {
  readonly id: string;
  readonly arrivedAt: EpochMicros;
  readonly startedAt: EpochMicros;
  readonly finishedAt: EpochMicros;
  readonly containerId: string;
  /** First input of its container. */
  readonly cold: boolean;
  /** Starts after the first one, by preemption. */
  readonly retries: number;
}

export interface SimulationSettings extends Partial<Deployment> {
  /** Instants at which Modal takes the oldest busy container away. */
  readonly preemptions?: readonly EpochMicros[];
  /** When the standing containers started. Default: the first arrival. */
  readonly from?: EpochMicros;
  /** The app is stopped here. Default: when the last container has scaled down. */
  readonly until?: EpochMicros;
}

export interface Simulation {
  /** In order of arrival. A request refused by a Server, or cut by `until`, is not among them. */
  readonly requests: readonly SimulatedRequest[];
  readonly containers: readonly Container[];
  readonly billHours: readonly BillRow[];
}

interface Run {
  readonly arrival: Arrival;
  startedAt: EpochMicros;
  finishedAt: EpochMicros;
  container: Container | null;
  cold: boolean;
  retries: number;
}

/** What is due at an instant. Boots come before arrivals and closes after them, as the pool keeps them. */
type Due =
  | { readonly type: 'finish'; readonly id: string; readonly retry: number }
  | { readonly type: 'preemption' }
  | { readonly type: 'arrival'; readonly arrival: Arrival };

const RANK = { finish: 0, preemption: 1, arrival: 2 };

/**
 * Runs a function of Modal under virtual time. Arrivals may come in any order.
 * @throws RangeError when two arrivals share an id.
 */
export function simulate(
  arrivals: readonly Arrival[],
  settings: SimulationSettings = {},
): Simulation {
  const deployment: Deployment = { ...DEFAULT_DEPLOYMENT, ...settings };
  const runs = new Map<string, Run>();
  const agenda = new EventQueue<Due>();
  for (const arrival of arrivals) {
    const run = { arrival, startedAt: 0, finishedAt: 0, container: null, cold: false, retries: 0 };
    if (runs.has(arrival.id)) throw new RangeError(`two arrivals have the id ${arrival.id}`);
    runs.set(arrival.id, run);
    agenda.push(arrival.at, RANK.arrival, { type: 'arrival', arrival });
  }
  for (const at of settings.preemptions ?? []) {
    agenda.push(at, RANK.preemption, { type: 'preemption' });
  }
  const pool = newPool(deployment, (event) => {
    if (event.type === 'started') onStarted(event, runs, agenda);
  });
  const from = settings.from ?? agenda.nextAt();
  if (from !== null) pool.open(from);
  drive(pool, runs, agenda, settings.until ?? Number.POSITIVE_INFINITY);
  pool.close(settings.until ?? lastInstant(pool));
  return result(pool, runs, deployment);
}

function newPool(deployment: Deployment, emit: (event: PoolEvent) => void): ContainerPool {
  let containers = 0;
  const newId = () => {
    containers += 1;
    return `ta-${deployment.app.name}-${String(containers).padStart(6, '0')}`;
  };
  return new ContainerPool(deployment, newId, emit);
}

function onStarted(
  event: Extract<PoolEvent, { type: 'started' }>,
  runs: Map<string, Run>,
  agenda: EventQueue<Due>,
): void {
  const run = runs.get(event.input);
  if (run === undefined) return;
  run.startedAt = event.at;
  run.container = event.container;
  run.cold = event.container.inputs === 1;
  run.retries = event.retry;
  run.finishedAt = event.at + run.arrival.serviceUs;
  agenda.push(run.finishedAt, RANK.finish, { type: 'finish', id: event.input, retry: event.retry });
}

function drive(
  pool: ContainerPool,
  runs: Map<string, Run>,
  agenda: EventQueue<Due>,
  until: EpochMicros,
): void {
  for (;;) {
    const own = pool.nextAt() ?? Number.POSITIVE_INFINITY;
    const due = agenda.nextAt() ?? Number.POSITIVE_INFINITY;
    if (Math.min(own, due) >= until || Math.min(own, due) === Number.POSITIVE_INFINITY) return;
    if (own <= due) pool.advance(own);
    else handle(pool, runs, agenda);
  }
}

function handle(pool: ContainerPool, runs: Map<string, Run>, agenda: EventQueue<Due>): void {
  const { at, event } = agenda.pop() ?? {};
  if (at === undefined || event === undefined) return;
  switch (event.type) {
    case 'arrival':
      pool.arrive(at, event.arrival.id);
      return;
    case 'preemption': {
      const busy = pool.containers.find((c) => c.closedAt === null && c.running.size > 0);
      if (busy !== undefined) pool.preempt(at, busy);
      return;
    }
    case 'finish': {
      const run = runs.get(event.id);
      // A preempted input starts again: the finish of its first attempt never happens.
      const current = run?.retries === event.retry && run.container?.running.has(event.id);
      if (current) pool.finish(at, event.id);
    }
  }
}

function lastInstant(pool: ContainerPool): EpochMicros {
  return pool.containers.reduce(
    (latest, { closedAt, lastFinishAt, readyAt }) =>
      Math.max(latest, closedAt ?? 0, lastFinishAt ?? 0, readyAt),
    0,
  );
}

function result(pool: ContainerPool, runs: Map<string, Run>, deployment: Deployment): Simulation {
  const requests = [...runs.values()].flatMap(({ arrival, container, ...run }) =>
    container === null || container.running.has(arrival.id)
      ? []
      : [
          {
            id: arrival.id,
            arrivedAt: arrival.at,
            startedAt: run.startedAt,
            finishedAt: run.finishedAt,
            containerId: container.id,
            cold: run.cold,
            retries: run.retries,
          },
        ],
  );
  const billHours = billRows(billedIntervals(pool.containers, Number.POSITIVE_INFINITY), {
    app: deployment.app,
    resources: billedResources(deployment),
    multiplierThousandths: deployment.multiplierThousandths,
    resolution: 'h',
  });
  return { requests, containers: pool.containers, billHours };
}
