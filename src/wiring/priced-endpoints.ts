import type { Config } from '../config/config.ts';
import { nearestName } from '../core/nearest-name.ts';
import { parseGpu } from '../core/price-book/gpu-name.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type { EpochMicros } from '../core/units.ts';
import { pricingOf } from './pricing-of.ts';

/** An endpoint that is paid by the second, and whether that has a price. */
export interface PricedEndpoint {
  readonly name: string;
  readonly gpu: string;
  /** Why its cost will be unknown, and what to write; `null`: it has a price. */
  readonly problem: string | null;
}

/** What the shipped list and the configuration know. What Modal's own rates have said is in the ledger. */
export function pricedEndpoints(config: Config, now: EpochMicros): PricedEndpoint[] {
  const { book } = pricingOf(config);
  return config.endpoints
    .filter(({ pricing }) => pricing === 'gpu-seconds')
    .map((endpoint) => ({
      name: endpoint.name,
      gpu: endpoint.gpu,
      problem: book.containerRate(endpoint, now) === null ? noPrice(endpoint.gpu, book) : null,
    }));
}

function noPrice(written: string, { entries }: PriceBook): string {
  const known = new Set(entries.prices.flatMap(({ gpu }) => gpu ?? []));
  const near = nearestName(parseGpu(written)?.gpu ?? written, [...known]);
  const meant = near === null ? '' : ` (did you mean ${near}?)`;
  return `not in the price book${meant}: its cost will be null; see \`tripmeter prices\`, or add it under prices`;
}
