import type { EpochMicros } from '../../../src/core/units.ts';

/** What served the benchmark at a time: prices depend on it, and the files do not say. */
export interface Deployment {
  /** Stands for it until the user says which configured endpoint that is. */
  readonly endpoint: string;
  readonly model: string;
  /** As the decorator requested it then. */
  readonly gpu: string;
}

const A10G: Deployment = {
  endpoint: 'lift-sys-7b',
  model: 'Qwen2.5-Coder-7B-Instruct',
  gpu: 'A10G',
};
const A100: Deployment = {
  endpoint: 'lift-sys-32b',
  model: 'Qwen2.5-Coder-32B-Instruct',
  gpu: 'A100-80GB',
};

/** 2025-10-16T00:00Z, the day from which lift-sys ran on an A100, by its commits. */
const A100_SINCE: EpochMicros = 1_760_572_800_000_000;

export function deploymentAt(instant: EpochMicros): Deployment {
  return instant < A100_SINCE ? A10G : A100;
}
