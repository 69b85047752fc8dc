import { isoInstant } from '../core/measure-text.ts';
import type { Projection } from '../core/projection.ts';
import { type EpochMicros, type NanoUsd, usdString } from '../core/units.ts';

const usd = (nano: NanoUsd | null) => (nano === null ? null : usdString(nano));

/** A projection as scripts read it: amounts are decimal strings. */
export function projectionView(projection: Projection, at: EpochMicros) {
  return {
    at: isoInstant(at),
    requests: projection.requests,
    rows: projection.rows.map((row) => ({
      requests: row.requests,
      modalUsd: usd(row.modalNano),
      modalLinearUsd: usd(row.modalLinearNano),
      multiCloudUsd: usd(row.multiCloudNano),
    })),
    breakEvenRequests: projection.breakEvenRequests,
    linearBreakEvenRequests: projection.linearBreakEvenRequests,
    oneTimeUsd: usd(projection.oneTimeNano),
    monthlySavingUsd: usd(projection.monthlySavingNano),
    paybackMonths: projection.paybackMonths,
    sensitivity: projection.sensitivity.map((row) => ({
      volumeFactor: row.volumeFactor,
      priceFactor: row.priceFactor,
      modalUsd: usd(row.modalNano),
      multiCloudUsd: usd(row.multiCloudNano),
      paybackMonths: row.paybackMonths,
    })),
  };
}
