import type { EpochMicros, Micros, NanoUsd } from '../units.ts';

/** What explains the difference between the model and the bill. */
export type BillDiagnosis =
  | 'agrees'
  | 'report_late'
  | 'region_pin'
  | 'gpu_count'
  | 'gpu_type'
  | 'host_resources'
  | 'cpu_functions'
  | 'scaledown_window'
  | 'standing_containers'
  | 'concurrency'
  | 'price'
  | 'unpriced'
  | 'outside_traffic'
  | 'unexplained';

/** One app in one interval of the bill, an hour or a day. */
export interface BilledHour {
  readonly start: EpochMicros;
  readonly intervalUs: Micros;
  /** `null`: the report has no row for it and may get one yet. An interval that it leaves out cost 0. */
  readonly billedNano: NanoUsd | null;
  /** Of that, CPU and memory; `null` when the report is not split by resource. */
  readonly billedHostNano: NanoUsd | null;
  readonly modelledNano: NanoUsd;
  /** Of that, CPU and memory. */
  readonly modelledHostNano: NanoUsd;
  /** Container time of endpoints whose GPU has no price: it is in none of the dollars above. */
  readonly unpricedUs: Micros;
}

/** Settings of one endpoint under which the model is computed again to see whether they fit the bill. */
export interface SettingsChange {
  readonly endpoint: string;
  readonly scaledownWindowSeconds?: number;
  readonly minContainers?: number;
  readonly maxInputs?: number;
}

/** How an endpoint of the app is configured. */
export interface ConfiguredEndpoint {
  readonly name: string;
  readonly scaledownWindowSeconds: number;
  readonly maxInputs: number;
  readonly minContainers: number;
}

export interface ReconciliationInput {
  readonly hours: readonly BilledHour[];
  /** Thousandths: what the configuration's region multiplies prices by. */
  readonly multiplier: number;
  /** Multipliers that a region pin can have, in thousandths. */
  readonly pins: readonly { readonly name: string; readonly thousandths: number }[];
  readonly gpuCount: number;
  /** Price of each known GPU by that of the configured one. */
  readonly otherGpus: readonly { readonly name: string; readonly factor: number }[];
  /** The GPU that the bill names, when it names one other than the configured. */
  readonly billedGpu: string | null;
  /** GPUs of the app's endpoints that the price book does not know. */
  readonly unpricedGpus: readonly string[];
  readonly endpoints: readonly ConfiguredEndpoint[];
  /**
   * The app's modelled dollars by `start` with one endpoint under other settings; asked only when nothing
   * simpler fits. `null`: the requests are not at hand, see `replayMayTell`.
   */
  readonly replay: ((change: SettingsChange) => ReadonlyMap<EpochMicros, NanoUsd>) | null;
}

export interface Reconciliation {
  readonly diagnosis: BillDiagnosis;
  /** One sentence: what differs, and what to change in the configuration. */
  readonly explanation: string;
  readonly billedNano: NanoUsd;
  /** Of the intervals that the bill covers. */
  readonly modelledNano: NanoUsd;
  readonly residualNano: NanoUsd;
  /** Billed ÷ modelled in thousandths, `null` when nothing was modelled. */
  readonly ratioThousandths: number | null;
  /** Share of the billed dollars that the diagnosis accounts for, in thousandths. */
  readonly explainedThousandths: number;
  /** Whether billed dollars beyond the model are the requests': others' traffic is not. */
  readonly scaleRequests: boolean;
  /** Intervals with modelled dollars and no row in the report. */
  readonly missing: number;
}

export type CoveredHour = BilledHour & { readonly billedNano: NanoUsd };
