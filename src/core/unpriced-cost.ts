import type { RequestCost } from './request-record.ts';

/** The cost of a request that no price is known for: unknown, which is not free. */
export const UNPRICED: RequestCost = {
  costState: 'unpriced',
  attribution: 'inferred',
  priceId: null,
  gpuUs: null,
  execNano: null,
  overheadNano: null,
  totalNano: null,
  lowNano: null,
  highNano: null,
};
