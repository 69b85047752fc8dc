import type { Config } from '../config/config.ts';
import { createPriceBook, type PriceBook } from '../core/price-book/price-book.ts';
import type { PriceEntry } from '../core/price-book/price-entry.ts';
import { provisionalCost } from '../core/provisional-cost.ts';
import type { ClosedRequest, RequestCost } from '../core/request-record.ts';
import { UNPRICED } from '../core/unpriced-cost.ts';

export interface Pricing {
  /** Follows what `observe` is told. */
  readonly book: PriceBook;
  readonly price: (closed: ClosedRequest) => RequestCost;
  /** Takes in what Modal's own rates have said so far; what was priced before keeps its price. */
  observe(prices: readonly PriceEntry[]): void;
}

/**
 * The price book with the configuration's own prices, and the provisional cost of a request by it.
 * @param observed What Modal's own rates have said so far.
 */
export function pricingOf(config: Config, observed: readonly PriceEntry[] = []): Pricing {
  const bookWith = (prices: readonly PriceEntry[]) =>
    createPriceBook({ configured: { prices: config.prices }, observed: prices });
  let current = bookWith(observed);
  const book: PriceBook = {
    containerRate: (settings, at) => current.containerRate(settings, at),
    tokenPrice: (model, at) => current.tokenPrice(model, at),
    regionMultiplier: (region, at) => current.regionMultiplier(region, at),
    unitPrice: (resource, gpu, at) => current.unitPrice(resource, gpu, at),
    get entries() {
      return current.entries;
    },
  };
  const endpoints = new Map(config.endpoints.map((endpoint) => [endpoint.name, endpoint]));
  return {
    book,
    observe: (prices) => {
      current = bookWith(prices);
    },
    price: (closed) => {
      const settings = endpoints.get(closed.endpoint);
      // An endpoint that the configuration no longer names has no price: unknown, not free.
      return settings === undefined ? UNPRICED : provisionalCost(closed, settings, book);
    },
  };
}
