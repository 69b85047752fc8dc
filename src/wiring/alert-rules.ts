import { BUDGET_RULES } from '../../alerts/budgets/registry.ts';
import { EMERGENCY_RULES } from '../../alerts/emergencies/registry.ts';
import { TRIGGER_RULES } from '../../alerts/triggers/registry.ts';

/** Every rule that is evaluated. */
export const ALERT_RULES = [...BUDGET_RULES, ...TRIGGER_RULES, ...EMERGENCY_RULES];
