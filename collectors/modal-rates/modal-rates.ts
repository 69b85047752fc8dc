import { z } from 'zod';
import type { PriceSource } from '../../src/ports/collector.ts';
import { CollectorError } from '../collector-error.ts';
import { callError } from '../modal-api/call-error.ts';
import type { ControlPlane } from '../modal-api/control-plane.ts';
import { priceListOf } from './price-list.ts';
import { ratesResponse } from './wire.ts';

const TIMEOUT_MS = 30_000;

/** The workspace's own prices, from Modal's `WorkspaceBillingRates`. */
export function modalRates(
  connect: () => Promise<Pick<ControlPlane, 'workspaceBillingRates'>>,
): PriceSource {
  return {
    async read({ now, signal }) {
      const modal = await connect();
      const answer = await call(modal, signal);
      const parsed = ratesResponse.safeParse(answer);
      if (!parsed.success) {
        const why = z.prettifyError(parsed.error);
        throw new CollectorError('bad_data', `Modal's billing rates cannot be read: ${why}`);
      }
      return priceListOf(parsed.data, now);
    },
  };
}

async function call(
  modal: Pick<ControlPlane, 'workspaceBillingRates'>,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    return await modal.workspaceBillingRates({}, { signal: limited });
  } catch (error) {
    signal.throwIfAborted();
    throw callError(error, { what: 'billing rates' });
  }
}
