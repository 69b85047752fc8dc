import type { EndpointSettings } from './endpoint.ts';
import { executionOf } from './execution.ts';
import { parseGpu } from './price-book/gpu-name.ts';
import type { PriceBook } from './price-book/price-book.ts';
import { tokenCost, tokenPriceIdOf } from './price-book/token-price.ts';
import type { ClosedRequest, RequestCost } from './request-record.ts';
import { costOf } from './units.ts';
import { UNPRICED } from './unpriced-cost.ts';

/**
 * The cost of a request that has just closed, before its container's end is known: `exec` from the
 * proxy's own concurrency. `overhead` and `total` stay `null` until settlement. A request that used no
 * GPU time is final at once, and so is one that is billed by tokens.
 */
export function provisionalCost(
  closed: ClosedRequest,
  settings: EndpointSettings,
  book: PriceBook,
): RequestCost {
  return settings.pricing === 'tokens'
    ? costOfTokens(closed, book)
    : costOfTime(closed, settings, book);
}

function costOfTime(
  closed: ClosedRequest,
  settings: EndpointSettings,
  book: PriceBook,
): RequestCost {
  const price = book.containerRate(settings, closed.startedAt);
  const attribution = closed.containerId === null ? 'inferred' : 'observed';
  const execution = executionOf(closed);
  const gpuCount = price?.gpuCount ?? gpuCountOf(settings);
  if (execution === null) {
    return price === null
      ? { ...UNPRICED, attribution, gpuUs: 0 }
      : { ...FREE, attribution, priceId: price.priceId, gpuUs: 0 };
  }
  const length = execution.endUs - execution.startUs;
  const exec = Math.min(closed.execEstimateUs ?? length, length);
  const gpuUs = exec * gpuCount;
  if (price === null) return { ...UNPRICED, attribution, gpuUs };
  const execNano = costOf(price.rate, exec);
  return {
    costState: 'provisional',
    attribution,
    priceId: price.priceId,
    gpuUs,
    execNano,
    overheadNano: null,
    totalNano: null,
    lowNano: execNano,
    highNano: costOf(price.rate, length + settings.scaledownWindowUs),
  };
}

function costOfTokens(closed: ClosedRequest, book: PriceBook): RequestCost {
  if (closed.paid === 'no') return { ...FREE, gpuUs: null };
  const price = book.tokenPrice(closed.model, closed.startedAt);
  const cost = price === null ? null : tokenCost(price, closed);
  if (price === null || cost === null) return UNPRICED;
  return {
    ...FREE,
    priceId: tokenPriceIdOf(price),
    gpuUs: null,
    execNano: cost,
    totalNano: cost,
    lowNano: cost,
    highNano: cost,
  };
}

function gpuCountOf(settings: EndpointSettings): number {
  const request = parseGpu(settings.gpu);
  return request === null ? 0 : (request.count ?? settings.gpuCount);
}

const FREE: RequestCost = {
  costState: 'settled',
  attribution: 'inferred',
  priceId: null,
  gpuUs: 0,
  execNano: 0,
  overheadNano: 0,
  totalNano: 0,
  lowNano: 0,
  highNano: 0,
};
