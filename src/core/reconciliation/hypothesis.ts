import type { BillDiagnosis, CoveredHour } from './bill-diagnosis.ts';

/** One change of the configuration, and what the bill of an interval would be with it. */
export interface Hypothesis {
  readonly diagnosis: BillDiagnosis;
  readonly explanation: string;
  readonly predict: (hour: CoveredHour) => number;
}
