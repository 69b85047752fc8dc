import { UNPRICED } from '../../../src/core/unpriced-cost.ts';

/** For tests that ask nothing about money. */
export const unpriced = () => UNPRICED;
