import { compliance } from './compliance.ts';
import { cost } from './cost.ts';
import { egress } from './egress.ts';
import { latency } from './latency.ts';
import { scale } from './scale.ts';

/** The five triggers in the report's order (section 4.4). */
export const TRIGGER_RULES = [scale, egress, latency, compliance, cost];
