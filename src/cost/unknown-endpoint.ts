import type { EndpointSettings } from '../core/endpoint.ts';
import { MICROS_PER_SECOND } from '../core/units.ts';
import type { SettingsPeriod } from '../ledger/queries/endpoint-settings.ts';

/** An endpoint that was never configured here, such as an imported one: its containers have no price. */
const UNKNOWN_SETTINGS: EndpointSettings = {
  name: '',
  upstream: '',
  gpu: 'unknown',
  gpuCount: 1,
  cpuCores: 0,
  memoryGiB: 0,
  region: 'any',
  maxInputs: 1,
  scaledownWindowUs: 60 * MICROS_PER_SECOND,
  minContainers: 0,
  poolParameters: [],
  bodyRule: 'none',
  latencyObjectiveUs: null,
  modalApp: null,
  pricing: 'gpu-seconds',
};
export const UNKNOWN_PERIOD: SettingsPeriod = { from: 0, settings: UNKNOWN_SETTINGS };
