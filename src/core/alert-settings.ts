import type { SpendingLimit } from './spending-limit.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros,
  NANO_PER_USD,
  type NanoUsd,
} from './units.ts';

/** Every number a rule compares with. The configuration may change each; the defaults are the report's. */
export interface AlertSettings {
  readonly budgets: BudgetSettings;
  readonly triggers: TriggerSettings;
  readonly emergencies: EmergencySettings;
  readonly blindness: BlindnessSettings;
  readonly decision: DecisionSettings;
}

export interface BudgetSettings {
  /** Thresholds of a calendar month, ascending. */
  readonly monthlyNano: readonly NanoUsd[];
  /** Ceiling of the cost per successful request; `null`: no such alert. */
  readonly costPerRequestNano: NanoUsd | null;
  /** A pace that reaches the next threshold within this is told at once. */
  readonly burnWithinUs: Micros;
  /** Of clients and endpoints that have one. */
  readonly limits: readonly SpendingLimit[];
}

export interface TriggerSettings {
  readonly scale: { readonly requests: number; readonly sustainDays: number };
  readonly egress: {
    readonly monthlyNano: NanoUsd;
    readonly sustainDays: number;
    /** Price by volume of 30 days, ascending; the last tier has no end. */
    readonly tiers: readonly EgressTier[];
  };
  readonly latency: {
    /** An objective up to this is "sub-second"; a laxer one is none of the trigger's business. */
    readonly objectiveUs: Micros;
    readonly sustainDays: number;
    readonly operations: readonly {
      readonly endpoint: string;
      readonly operation: string;
      readonly objectiveUs: Micros;
    }[];
  };
  readonly compliance: readonly ResidencyRequirement[];
  readonly cost: { readonly monthlyNano: NanoUsd; readonly sustainDays: number };
}

export interface EgressTier {
  /** `null`: no end. */
  readonly upToBytes: number | null;
  readonly nanoPerGb: NanoUsd;
}

export interface ResidencyRequirement {
  readonly name: string;
  /** Regions in which data may be worked on, e.g. `eu`, or narrower, `eu-west-1`. */
  readonly regions: readonly string[];
  readonly effectiveAt: EpochMicros;
  /** Law, contract or ticket. */
  readonly reference: string;
  /** Endpoints it covers; `null`: all. */
  readonly endpoints: readonly string[] | null;
}

export interface EmergencySettings {
  readonly outage: {
    /** Fewer failures in a row than this are no incident. */
    readonly minFailures: number;
    readonly incidentAfterUs: Micros;
    readonly emergencyAfterUs: Micros;
  };
  readonly spike: { readonly monthlyNano: NanoUsd };
}

export interface BlindnessSettings {
  readonly intakeLagUs: Micros;
  readonly exportLagUs: Micros;
  readonly diskFreeBytes: number;
}

export interface DecisionSettings {
  readonly requestsPerMonth: number;
  readonly monthlyNano: NanoUsd;
  readonly minMonths: number;
  /** Share of days with data. */
  readonly minCoverage: number;
  readonly maxPaybackMonths: number;
  /** Shares from which an edge in front of Modal is worth it. */
  readonly minRepeatableShare: number;
  readonly minEdgeShare: number;
  /** What an edge saves of a request's time where the network was not measured: the report's upper figure. */
  readonly assumedEdgeSavingUs: Micros;
  readonly projection: ProjectionSettings;
  readonly capacity: { readonly who: string; readonly until: EpochMicros } | null;
}

export interface ProjectionSettings {
  /** Fixed monthly cost of the multi-cloud platform, by part. */
  readonly fixed: readonly { readonly name: string; readonly nano: NanoUsd }[];
  /** Monthly usage cost at volumes, ascending; straight lines between, the last one goes on. */
  readonly usage: readonly { readonly requests: number; readonly nano: NanoUsd }[];
  readonly migrationHours: number;
  readonly hourlyNano: NanoUsd;
  readonly delayCostNano: NanoUsd;
  /** The report's cost of a request on Modal, shown beside the measured one. */
  readonly linearPerRequestNano: NanoUsd;
}

const usd = (amount: number): NanoUsd => Math.round(amount * NANO_PER_USD);

export const DEFAULT_ALERT_SETTINGS: AlertSettings = {
  budgets: {
    monthlyNano: [usd(500), usd(1_000), usd(2_000)],
    costPerRequestNano: usd(0.0065),
    burnWithinUs: 24 * MICROS_PER_HOUR,
    limits: [],
  },
  triggers: {
    scale: { requests: 100_000, sustainDays: 14 },
    // Modal's own rate is not published; nine cents per GB is what the large clouds list for their first 10 TB.
    egress: {
      monthlyNano: usd(500),
      sustainDays: 14,
      tiers: [{ upToBytes: null, nanoPerGb: usd(0.09) }],
    },
    latency: { objectiveUs: MICROS_PER_SECOND, sustainDays: 7, operations: [] },
    compliance: [],
    cost: { monthlyNano: usd(2_000), sustainDays: 14 },
  },
  emergencies: {
    outage: {
      minFailures: 3,
      incidentAfterUs: 5 * MICROS_PER_MINUTE,
      emergencyAfterUs: 4 * MICROS_PER_HOUR,
    },
    spike: { monthlyNano: usd(2_000) },
  },
  blindness: {
    intakeLagUs: 5 * MICROS_PER_MINUTE,
    exportLagUs: 30 * MICROS_PER_MINUTE,
    diskFreeBytes: 1_024 ** 3,
  },
  decision: {
    requestsPerMonth: 100_000,
    monthlyNano: usd(500),
    minMonths: 6,
    minCoverage: 0.8,
    maxPaybackMonths: 12,
    minRepeatableShare: 0.2,
    minEdgeShare: 0.1,
    assumedEdgeSavingUs: 300_000,
    projection: {
      fixed: [
        { name: 'VPC', nano: usd(40) },
        { name: 'NAT gateway', nano: usd(45) },
        { name: 'Load balancer', nano: usd(23) },
        { name: 'Cloudflare Workers', nano: usd(5) },
        { name: 'Supabase', nano: usd(25) },
        // The report's parts add up to 138; it says "about 140", and its scenarios use 140.
        { name: 'Rounding in the report', nano: usd(2) },
      ],
      usage: [
        { requests: 10_000, nano: usd(50) },
        { requests: 100_000, nano: usd(400) },
        { requests: 1_000_000, nano: usd(3_000) },
      ],
      migrationHours: 400,
      hourlyNano: usd(100),
      delayCostNano: 0,
      linearPerRequestNano: usd(0.0065),
    },
    capacity: null,
  },
};

export const DAYS_30: Micros = 30 * MICROS_PER_DAY;
