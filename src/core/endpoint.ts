import type { Micros } from './units.ts';

/** Rule that reads success, tokens and timing out of a response body. */
export type BodyRule =
  | 'openai'
  | 'lift-sys'
  | 'none'
  | { readonly errorPath: string; readonly tokensPath: string | null };

/**
 * One endpoint as the configuration declares it: what the Modal decorator asks for.
 * Modal bills the *requested* GPU type, so this and not the container's own word sets the price.
 */
export interface EndpointSettings {
  readonly name: string;
  /** Origin, and optionally a base path, without a trailing slash. */
  readonly upstream: string;
  /** `'none'`: a CPU endpoint. Any other name is looked up in the price book. */
  readonly gpu: string;
  readonly gpuCount: number;
  readonly cpuCores: number;
  readonly memoryGiB: number;
  /** `nonpreemptible=True`: CPU and memory at three times their price. Modal has it for CPU functions only. */
  readonly nonPreemptible?: boolean;
  /** `any`, or a pin such as `us`, `eu`, `uk`, `ap`: sets the price multiplier. */
  readonly region: string;
  readonly maxInputs: number;
  readonly scaledownWindowUs: Micros;
  readonly minContainers: number;
  /** Query parameters that name a parametrised class's container pool. */
  readonly poolParameters: readonly string[];
  readonly bodyRule: BodyRule;
  /** Latency objective, for the latency trigger. */
  readonly latencyObjectiveUs: Micros | null;
  /** App name or id that joins Modal's billing report. */
  readonly modalApp: string | null;
  /** `gpu-seconds`, or `tokens` for Modal's shared endpoints. */
  readonly pricing: 'gpu-seconds' | 'tokens';
}
