import { MICROS_PER_DAY } from '../../src/core/units.ts';
import type { BillingSource } from '../../src/ports/collector.ts';
import type { ControlPlane } from '../modal-api/control-plane.ts';
import { pullBilling } from './pull.ts';
import { type BillingResolution, pullWindows } from './pull-windows.ts';

/** How far back the first pull goes: one month and a bit, the longest window of a trigger. */
const FIRST_PULL_US = 35 * MICROS_PER_DAY;

/** Modal's billing report, pulled through its control plane. */
export function modalBilling(
  connect: () => Promise<Pick<ControlPlane, 'workspaceBillingReport'>>,
  resolution: BillingResolution = 'h',
): BillingSource {
  return {
    async *pull({ now, completeUntil, signal }) {
      const since = now - FIRST_PULL_US;
      const windows = pullWindows({ now, resolution, completeUntil, since });
      const modal = await connect();
      yield* pullBilling(modal, { windows, resolution, signal });
    },
  };
}
