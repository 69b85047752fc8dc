import { type EpochMicros, MICROS_PER_DAY, type Micros, type NanoUsd } from './units.ts';

/** Modal's figures arrive "within minutes" and may still change for so long. */
export const BILL_FINAL_AFTER_US: Micros = 2 * MICROS_PER_DAY;

/**
 * One line of Modal's bill: what an App (or another billed object) cost in one interval, before credits,
 * reservations and allowances. Rows are replaceable; (`objectId`, `environment`, `intervalStart`,
 * `intervalUs`, `resource`) identifies one.
 */
export interface BillingRow {
  /** `ap-…` of a deployed App; volumes, notebooks and shared endpoints have ids of their own. */
  readonly objectId: string;
  /** The App's name. */
  readonly description: string;
  readonly environment: string;
  /** Start of the interval. Modal's intervals are UTC hours or UTC days. */
  readonly intervalStart: EpochMicros;
  /** Length of the interval: one hour or one day. */
  readonly intervalUs: Micros;
  /** `CPU`, `Memory`, a GPU's name, … as Modal spells it; `null` when the report is not split. */
  readonly resource: string | null;
  readonly costNano: NanoUsd;
  /** Tags of the App in that interval. Empty when none were asked for. */
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Complete knowledge of one window of the bill: its rows replace every row of the same resolution that
 * the ledger holds for `[from, to)`.
 */
export interface BillingBatch {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly intervalUs: Micros;
  readonly rows: readonly BillingRow[];
}
