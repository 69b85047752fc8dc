import type { Container } from '../sandbox/container-pool.ts';
import type { SimulatedRequest } from '../sandbox/simulate.ts';
import type { FakeCall, FakeContainer } from './fake-containers.ts';

/** `GenericResult.GenericStatus`: an idle container ends well, a preempted one is terminated. */
const STATUS = { success: 1, terminated: 3 };

/** What Modal's control plane says of a simulation's containers. */
export function containersKnown(containers: readonly Container[]): Map<string, FakeContainer> {
  return new Map(
    containers.map(({ id, requestedAt, readyAt, closedAt, preempted }) => [
      id,
      {
        enqueuedAt: requestedAt / 1e6,
        startedAt: readyAt / 1e6,
        finishedAt: (closedAt ?? 0) / 1e6,
        status: preempted ? STATUS.terminated : STATUS.success,
      },
    ]),
  );
}

/** What it says of the calls: `fc-` and the arrival's id. */
export function callsKnown(
  runs: readonly SimulatedRequest[],
  containers: readonly Container[],
): FakeCall[] {
  const byId = new Map(containers.map((container) => [container.id, container]));
  return runs.map((run) => {
    const container = byId.get(run.containerId);
    return {
      functionCallId: `fc-${run.id}`,
      functionId: 'fu-1',
      enqueuedAt: run.arrivedAt / 1e6,
      startedAt: run.startedAt / 1e6,
      containerId: run.containerId,
      startupTimeSeconds: ((container?.readyAt ?? 0) - (container?.billedFrom ?? 0)) / 1e6,
      executionTimeSeconds: (run.finishedAt - run.startedAt) / 1e6,
      status: 3,
    };
  });
}
