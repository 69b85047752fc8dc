import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { A100, SECOND } from './records.ts';

/** A request in [from, to) seconds, with what is not ordinary about it. */
type Spec = readonly [from: number, to: number, differences?: Partial<ClosedRequest>];

export interface WorkedExample {
  readonly name: string;
  readonly settings: EndpointSettings;
  readonly requests: readonly Spec[];
  /** Seconds of each container: busy, idle. In order of their starts. */
  readonly containers: readonly (readonly [busy: number, idle: number])[];
  /** Nano-dollars of each request that used a container, in order of their starts. */
  readonly costs: readonly (readonly [exec: number, overhead: number])[];
  /** GPU-seconds of each request that used a container. */
  readonly gpuSeconds: readonly number[];
  readonly totalNano: number;
  readonly failedNano?: number;
}

const example = (
  name: string,
  given: Omit<WorkedExample, 'name' | 'settings'> & Partial<WorkedExample>,
) => ({
  settings: A100,
  ...given,
  name,
});

const EDGE = { paid: 'no', outcome: 'upstream_error' } as const;
const ABORT = { outcome: 'client_abort', lastByteUs: null } as const;

/** Figures worked out by hand: an A100 at 694,000 nano-dollars a second, 20 inputs, a window of 60 s. */
export const WORKED_EXAMPLES: readonly WorkedExample[] = [
  example('1: one request of 10 s', {
    requests: [[0, 10]],
    containers: [[10, 60]],
    costs: [[6_940_000, 41_640_000]],
    gpuSeconds: [10],
    totalNano: 48_580_000,
  }),
  example('2: two that overlap share the time in which both ran', {
    requests: [
      [0, 10],
      [5, 15],
    ],
    containers: [[15, 60]],
    costs: [
      [5_205_000, 20_820_000],
      [5_205_000, 20_820_000],
    ],
    gpuSeconds: [7.5, 7.5],
    totalNano: 52_050_000,
  }),
  example('3: the same two with one input a container need two containers', {
    settings: { ...A100, maxInputs: 1 },
    requests: [
      [0, 10],
      [5, 15],
    ],
    containers: [
      [10, 60],
      [10, 60],
    ],
    costs: [
      [6_940_000, 41_640_000],
      [6_940_000, 41_640_000],
    ],
    gpuSeconds: [10, 10],
    totalNano: 97_160_000,
  }),
  example('4: a second request inside the tail ends it early', {
    requests: [
      [0, 10],
      [50, 60],
    ],
    containers: [[20, 100]],
    costs: [
      [6_940_000, 34_700_000],
      [6_940_000, 34_700_000],
    ],
    gpuSeconds: [10, 10],
    totalNano: 83_280_000,
  }),
  example('4: a second request after the tail opens a second session', {
    requests: [
      [0, 10],
      [80, 90],
    ],
    containers: [
      [10, 60],
      [10, 60],
    ],
    costs: [
      [6_940_000, 41_640_000],
      [6_940_000, 41_640_000],
    ],
    gpuSeconds: [10, 10],
    totalNano: 140 * 694_000,
  }),
  example('5: H100:8 for 3 s is 24 GPU-seconds', {
    settings: { ...A100, gpu: 'H100:8' },
    requests: [[0, 3]],
    containers: [[3, 60]],
    costs: [[24 * 1_097_000, 480 * 1_097_000]],
    gpuSeconds: [24],
    totalNano: 504 * 1_097_000,
  }),
  example('6: a 303 chain of three legs over 320 s is one request of 320 s', {
    requests: [[0, 320, { legs: 3 }]],
    containers: [[320, 60]],
    costs: [[320 * 694_000, 41_640_000]],
    gpuSeconds: [320],
    totalNano: 380 * 694_000,
  }),
  example('7: what the edge refuses costs nothing', {
    requests: [
      [0, 1, { ...EDGE, status: 401 }],
      [2, 3, { ...EDGE, status: 429 }],
    ],
    containers: [],
    costs: [],
    gpuSeconds: [],
    totalNano: 0,
  }),
  example('7: what the container failed costs, as failed', {
    requests: [
      [0, 5, { outcome: 'upstream_error', status: 408 }],
      [10, 15, { outcome: 'upstream_error', status: 500 }],
      [20, 25, { outcome: 'app_error', status: 200 }],
    ],
    containers: [[15, 70]],
    // A third of 48,580,000 each: what is left over goes to the first.
    costs: [
      [3_470_000, 16_193_334],
      [3_470_000, 16_193_333],
      [3_470_000, 16_193_333],
    ],
    gpuSeconds: [5, 5, 5],
    totalNano: 85 * 694_000,
    failedNano: 15 * 694_000,
  }),
  example('8: the client left at 4 s, the upstream was seen to end at 9 s', {
    requests: [[0, 4, { ...ABORT, upstreamEndUs: 9 * SECOND }]],
    containers: [[9, 60]],
    costs: [[9 * 694_000, 41_640_000]],
    gpuSeconds: [9],
    totalNano: 69 * 694_000,
    failedNano: 9 * 694_000,
  }),
  example('8: the client left at 4 s and the end was not seen: a grace of 10 s is added', {
    requests: [[0, 4, { ...ABORT, upstreamEndUs: 14 * SECOND }]],
    containers: [[14, 60]],
    costs: [[14 * 694_000, 41_640_000]],
    gpuSeconds: [14],
    totalNano: 74 * 694_000,
    failedNano: 14 * 694_000,
  }),
  example('an hour edge splits a session exactly', {
    requests: [[3_595, 3_605]],
    containers: [[10, 60]],
    costs: [[6_940_000, 41_640_000]],
    gpuSeconds: [10],
    totalNano: 48_580_000,
  }),
];
