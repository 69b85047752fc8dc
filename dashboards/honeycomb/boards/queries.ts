import type { CalculationDefinition, FilterDefinition } from './definition.ts';

/**
 * The one span that stands for a request. Never "is root": the caller may have sent a trace, and then the
 * root is somewhere else.
 */
export const REQUESTS: FilterDefinition = { column: 'proxy.request', op: '=', value: true };
export const SETTLED: FilterDefinition = {
  column: 'tripmeter.span',
  op: '=',
  value: 'cost.settled',
};
export const EVALUATIONS: FilterDefinition = { column: 'tripmeter.span', op: '=', value: 'alert' };

export const COUNT: CalculationDefinition = { op: 'COUNT' };

const HOUR = 3_600;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;
export const MONTH = 28 * DAY;

export const THIRD = { width: 4, height: 4 } as const;
export const HALF = { width: 6, height: 5 } as const;
export const FULL = { width: 12, height: 5 } as const;
export const TILE = { width: 3, height: 3 } as const;
