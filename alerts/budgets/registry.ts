import { blindness } from './blindness.ts';
import { burnRate } from './burn-rate.ts';
import { correction } from './correction.ts';
import { costPerRequest } from './cost-per-request.ts';
import { crossed } from './crossed.ts';
import { forecast } from './forecast.ts';
import { spendingLimits } from './spending-limits.ts';

/** In the order in which people want to hear of them. */
export const BUDGET_RULES = [
  crossed,
  burnRate,
  forecast,
  correction,
  costPerRequest,
  spendingLimits,
  blindness,
];
