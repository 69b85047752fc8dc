import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { type EpochMicros, MICROS_PER_DAY, MICROS_PER_HOUR } from '../../../src/core/units.ts';
import { weekdayOf } from '../../../src/core/zoned-time.ts';
import { A100, SECOND } from '../cost/records.ts';
import { simulatedTraffic } from '../cost/simulated-traffic.ts';
import { seededRandom } from '../ledger/sample-requests.ts';
import type { BillRow } from '../sandbox/bill.ts';
import type { Arrival } from '../sandbox/simulate.ts';

/** A small product's history on a simulated Modal: three endpoints, office hours, slow growth. */
export interface SampleHistory {
  readonly requests: readonly ClosedRequest[];
  readonly bill: readonly BillRow[];
}

export interface SampleSpan {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  /** Everything failed in it, for free: Modal had no container. */
  readonly outage?: { readonly from: EpochMicros; readonly to: EpochMicros };
  /** Scales the traffic. */
  readonly pace?: number;
}

interface Workload {
  readonly endpoint: EndpointSettings;
  readonly bootSeconds: number;
  /** Mean seconds between requests by day and by night, and mean seconds of work. */
  readonly day: number;
  readonly night: number;
  readonly work: number;
  readonly operations: readonly string[];
  readonly tokens: boolean;
}

const app = { modalApp: 'lift-sys-inference' };

export const SAMPLE_WORKLOADS: readonly Workload[] = [
  {
    endpoint: { ...A100, ...app, name: 'generate', maxInputs: 4, scaledownWindowUs: 600 * SECOND },
    ...{ bootSeconds: 75, day: 420, night: 9_000, work: 24, tokens: false },
    operations: ['nlp_to_ir', 'ir_to_code', 'repair'],
  },
  {
    endpoint: { ...A100, ...app, name: 'chat', gpu: 'L40S', maxInputs: 8 },
    ...{ bootSeconds: 30, day: 180, night: 4_800, work: 5, tokens: true },
    operations: ['chat'],
  },
  {
    endpoint: { ...A100, ...app, name: 'embed', gpu: 'L4', maxInputs: 8 },
    ...{ bootSeconds: 15, day: 300, night: 7_200, work: 0.6, tokens: false },
    operations: ['index', 'search'],
  },
];

const PRICES: Record<string, number> = { 'A100-80GB': 694e6, L40S: 542e6, L4: 222e6 };

export function sampleHistory(span: SampleSpan): SampleHistory {
  const parts = SAMPLE_WORKLOADS.map((workload, index) => {
    const { endpoint, bootSeconds } = workload;
    const { requests, bill } = simulatedTraffic(endpoint, {
      arrivals: arrivalsOf(workload, span, index + 1),
      identity: true,
      salt: index,
      modal: {
        maxInputs: endpoint.maxInputs,
        scaledownWindowUs: endpoint.scaledownWindowUs,
        bootUs: bootSeconds * SECOND,
        allocationUs: 2 * SECOND,
        prices: { gpu: PRICES[endpoint.gpu] ?? 0, cpuCore: 0, memoryGiB: 0 },
        until: span.to,
      },
    });
    return {
      requests: requests.map(dressed(workload, span)),
      bill: bill.map((row) => ({ ...row, description: app.modalApp, resource: endpoint.gpu })),
    };
  });
  return {
    requests: parts.flatMap(({ requests }) => requests).sort((a, b) => a.startedAt - b.startedAt),
    bill: parts.flatMap(({ bill }) => bill),
  };
}

function arrivalsOf({ endpoint, ...load }: Workload, span: SampleSpan, seed: number): Arrival[] {
  const random = seededRandom(seed);
  const exponential = (mean: number) => -Math.log(1 - random()) * mean;
  const list: Arrival[] = [];
  for (let at = span.from; ; ) {
    const hour = Math.floor((at % MICROS_PER_DAY) / MICROS_PER_HOUR);
    const weekend = weekdayOf(at, 'UTC') > 5 ? 2.5 : 1;
    const growth = 1.015 ** ((at - span.from) / MICROS_PER_DAY);
    const mean = (hour >= 8 && hour < 19 ? load.day : load.night) * weekend;
    at += Math.ceil((exponential(mean) / growth / (span.pace ?? 1)) * SECOND) + 1;
    if (at >= span.to - 20 * 60 * SECOND) return list;
    const serviceUs = Math.floor((load.work * 0.3 + exponential(load.work * 0.7)) * SECOND);
    list.push({ id: `${endpoint.name}-${list.length}`, at, serviceUs });
  }
}

function dressed({ operations, tokens }: Workload, { outage }: SampleSpan) {
  return (request: ClosedRequest, index: number): ClosedRequest => {
    const { startedAt, durationUs } = request;
    const operation = operations[index % operations.length] ?? null;
    const bytes = { bytesIn: 2_400, bytesOut: 18_000, client: index % 3 === 0 ? 'ci' : 'web' };
    if (outage !== undefined && startedAt >= outage.from && startedAt < outage.to) {
      return {
        ...request,
        ...bytes,
        operation,
        ...{ outcome: 'upstream_error', status: 503, errorClass: 'modal_no_container' },
        ...{ paid: 'no', durationUs: 150_000, lastByteUs: 150_000, execEstimateUs: 0 },
        ...{ containerId: null, coldStart: null, readyDelayUs: null, generationUs: null },
      };
    }
    const failed = index % 61 === 7;
    return {
      ...request,
      ...bytes,
      operation,
      ...(tokens ? { firstTokenUs: Math.floor(durationUs * 0.2), streamed: true } : {}),
      ...(failed
        ? {
            outcome: 'upstream_error' as const,
            status: 500,
            errorClass: 'container_error' as const,
          }
        : {}),
    };
  };
}
