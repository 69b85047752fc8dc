import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import { uuidv7 } from '../../../src/core/ids.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import type { BillRow } from '../sandbox/bill.ts';
import type { Container } from '../sandbox/container-pool.ts';
import {
  type Arrival,
  type SimulatedRequest,
  type SimulationSettings,
  simulate,
} from '../sandbox/simulate.ts';
import { closedRequest } from './records.ts';

export interface SimulatedTraffic {
  readonly requests: readonly ClosedRequest[];
  readonly bill: readonly BillRow[];
  readonly containers: readonly Container[];
  /** Where and when every arrival ran. */
  readonly runs: readonly SimulatedRequest[];
}

/**
 * Runs arrivals on a simulated Modal, and records them as the proxy would: with `identity`, containers say
 * who they are; without, only the proxy's own times are known. `unseen` arrivals skip the proxy.
 */
export function simulatedTraffic(
  endpoint: EndpointSettings,
  given: {
    readonly arrivals: readonly Arrival[];
    readonly unseen?: readonly Arrival[];
    readonly modal: SimulationSettings;
    readonly identity: boolean;
    readonly salt: number;
  },
): SimulatedTraffic {
  const seen = new Set(given.arrivals.map(({ id }) => id));
  const truth = simulate([...given.arrivals, ...(given.unseen ?? [])], given.modal);
  const containers = new Map(truth.containers.map((container) => [container.id, container]));
  const requests = truth.requests
    .filter(({ id }) => seen.has(id))
    .map((one, index) => {
      const digits =
        given.salt.toString(16).padStart(4, '0') + index.toString(16).padStart(12, '0');
      const container = containers.get(one.containerId);
      const durationUs = one.finishedAt - one.arrivedAt;
      const entryUs = one.startedAt - one.arrivedAt;
      const claims =
        given.identity && container !== undefined
          ? {
              containerId: container.id,
              coldStart: one.cold,
              containerAgeUs: one.startedAt - container.billedFrom,
              readyDelayUs: container.readyAt - container.billedFrom,
              generationUs: durationUs - entryUs,
            }
          : {};
      return closedRequest([0, 0], {
        id: uuidv7(one.arrivedAt, digits),
        endpoint: endpoint.name,
        startedAt: one.arrivedAt,
        durationUs,
        lastByteUs: durationUs,
        firstByteUs: durationUs,
        execEstimateUs: durationUs,
        functionCallId: `fc-${one.id}`,
        ...claims,
      });
    });
  return { requests, bill: truth.billHours, containers: truth.containers, runs: truth.requests };
}
