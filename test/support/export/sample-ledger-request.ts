import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import type { LedgerRequest } from '../../../src/core/request-record.ts';
import { sampleClosed, samplePrice, seededRandom } from '../ledger/sample-requests.ts';

/** A finished, priced request; the same `seed` gives the same one. */
export function sampleLedgerRequest(over: Partial<LedgerRequest> = {}, seed = 1): LedgerRequest {
  const closed = sampleClosed(over, seededRandom(seed));
  return { ...closed, ...samplePrice(closed), ...over };
}

export const SAMPLE_ENDPOINT: EndpointSettings = {
  name: 'generate',
  upstream: 'https://ws--generate.modal.run',
  gpu: 'A100-80GB',
  gpuCount: 2,
  cpuCores: 4,
  memoryGiB: 64,
  region: 'any',
  maxInputs: 20,
  scaledownWindowUs: 300_000_000,
  minContainers: 0,
  poolParameters: [],
  bodyRule: 'openai',
  latencyObjectiveUs: null,
  modalApp: 'inference',
  pricing: 'gpu-seconds',
};
