import { complianceEmergency } from './compliance.ts';
import { incident } from './incident.ts';
import { outage } from './outage.ts';
import { spike } from './spike.ts';

/** Reassess at once (report 8.2), and the incident that may become an outage. */
export const EMERGENCY_RULES = [outage, incident, spike, complianceEmergency];
