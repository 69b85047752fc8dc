import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import { NO_CLAIMS, NO_USAGE } from '../../../src/core/nothing-known.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';

export const SECOND = 1_000_000;
export const HOUR = 3_600 * SECOND;

/** The endpoint of the worked examples: GPU only, 694,000 nano-dollars per second. */
export const A100: EndpointSettings = {
  name: 'generate',
  upstream: 'https://ws--generate.modal.run',
  gpu: 'A100-80GB',
  gpuCount: 1,
  cpuCores: 0,
  memoryGiB: 0,
  region: 'any',
  maxInputs: 20,
  scaledownWindowUs: 60 * SECOND,
  minContainers: 0,
  poolParameters: [],
  bodyRule: 'none',
  latencyObjectiveUs: null,
  modalApp: 'lift-sys-inference',
  pricing: 'gpu-seconds',
};

const CLOSED: ClosedRequest = {
  id: '019a0000-0000-7000-8000-000000000000',
  endpoint: 'generate',
  pool: null,
  operation: null,
  client: null,
  group: null,
  tags: null,
  method: 'POST',
  path: '/',
  startedAt: 0,
  traceId: '019a0000000070008000000000000000',
  parentSpanId: null,
  clientCountry: null,
  ...NO_CLAIMS,
  ...NO_USAGE,
  outcome: 'ok',
  status: 200,
  errorClass: null,
  paid: 'yes',
  diagnosis: null,
  sentUs: 0,
  firstByteUs: null,
  firstTokenUs: null,
  lastByteUs: null,
  upstreamEndUs: null,
  durationUs: 0,
  overheadUs: 0,
  execEstimateUs: null,
  bytesIn: 0,
  bytesOut: 0,
  chunks: 1,
  streamed: false,
  contentType: 'application/json',
  contentEncoding: null,
  digest: null,
  legs: 1,
  retries: 0,
};

/** A request that ran alone in [`from`, `to`) seconds after `origin`, unless `differences` say otherwise. */
export function closedRequest(
  [from, to]: readonly [number, number],
  differences: Partial<ClosedRequest> = {},
): ClosedRequest {
  const durationUs = Math.round((to - from) * SECOND);
  return {
    ...CLOSED,
    startedAt: Math.round(from * SECOND),
    durationUs,
    lastByteUs: durationUs,
    execEstimateUs: durationUs,
    ...differences,
  };
}
