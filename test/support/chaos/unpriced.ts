import type { RequestCost } from '../../../src/core/request-record.ts';

/** For tests that ask nothing about money. */
export const unpriced = (): RequestCost => ({
  costState: 'unpriced',
  attribution: 'inferred',
  priceId: null,
  gpuUs: null,
  execNano: null,
  overheadNano: null,
  totalNano: null,
  lowNano: null,
  highNano: null,
});
