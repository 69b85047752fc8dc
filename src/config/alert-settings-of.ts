import {
  type AlertSettings,
  DEFAULT_ALERT_SETTINGS as DEFAULTS,
  type DecisionSettings,
  type TriggerSettings,
} from '../core/alert-settings.ts';
import type { SpendingLimit } from '../core/spending-limit.ts';
import type { DecideConfig } from './areas/decide.ts';

/** The report's numbers with the configured ones in their place. */
export function alertSettingsOf(
  config: DecideConfig,
  limits: readonly SpendingLimit[],
): AlertSettings {
  const { monthlyUsd, costPerRequestUsd, spikeUsd, burnWithin, outage, blindness } = config.alerts;
  const defaultOutage = DEFAULTS.emergencies.outage;
  return {
    ...DEFAULTS,
    budgets: {
      ...DEFAULTS.budgets,
      monthlyNano: [...(monthlyUsd ?? DEFAULTS.budgets.monthlyNano)].sort((a, b) => a - b),
      costPerRequestNano:
        costPerRequestUsd === undefined ? DEFAULTS.budgets.costPerRequestNano : costPerRequestUsd,
      burnWithinUs: burnWithin ?? DEFAULTS.budgets.burnWithinUs,
      limits,
    },
    triggers: triggersOf(config.triggers),
    emergencies: {
      outage: {
        minFailures: outage.minFailures ?? defaultOutage.minFailures,
        incidentAfterUs: outage.incidentAfter ?? defaultOutage.incidentAfterUs,
        emergencyAfterUs: outage.emergencyAfter ?? defaultOutage.emergencyAfterUs,
      },
      spike: { monthlyNano: spikeUsd ?? DEFAULTS.emergencies.spike.monthlyNano },
    },
    blindness: {
      intakeLagUs: blindness.intakeLag ?? DEFAULTS.blindness.intakeLagUs,
      exportLagUs: blindness.exportLag ?? DEFAULTS.blindness.exportLagUs,
      diskFreeBytes: blindness.diskFree ?? DEFAULTS.blindness.diskFreeBytes,
    },
    decision: decisionOf(config.decision),
  };
}

function triggersOf(config: DecideConfig['triggers']): TriggerSettings {
  const { scale, egress, latency, cost } = DEFAULTS.triggers;
  const { tiers } = config.egress;
  return {
    scale: {
      requests: config.scale.requests ?? scale.requests,
      sustainDays: config.scale.sustainDays ?? scale.sustainDays,
    },
    egress: {
      monthlyNano: config.egress.monthlyUsd ?? egress.monthlyNano,
      sustainDays: config.egress.sustainDays ?? egress.sustainDays,
      tiers:
        tiers?.map((tier) => ({ upToBytes: tier.upTo, nanoPerGb: tier.usdPerGb })) ?? egress.tiers,
    },
    latency: {
      objectiveUs: config.latency.objective ?? latency.objectiveUs,
      sustainDays: config.latency.sustainDays ?? latency.sustainDays,
      operations: (config.latency.operations ?? []).map((each) => ({
        endpoint: each.endpoint,
        operation: each.operation,
        objectiveUs: each.objective,
      })),
    },
    compliance: config.compliance.map(({ effective, ...rest }) => ({
      ...rest,
      effectiveAt: effective,
    })),
    cost: {
      monthlyNano: config.cost.monthlyUsd ?? cost.monthlyNano,
      sustainDays: config.cost.sustainDays ?? cost.sustainDays,
    },
  };
}

function decisionOf(config: DecideConfig['decision']): DecisionSettings {
  const { projection } = DEFAULTS.decision;
  const { fixed, usage } = config.multiCloud;
  return {
    ...thresholdsOf(config),
    capacity: config.capacity,
    projection: {
      ...projection,
      fixed:
        fixed === undefined
          ? projection.fixed
          : Object.entries(fixed).map(([name, nano]) => ({ name, nano })),
      usage:
        usage?.map((point) => ({ requests: point.requests, nano: point.usd })) ?? projection.usage,
      migrationHours: config.migrationHours ?? projection.migrationHours,
      hourlyNano: config.hourlyUsd ?? projection.hourlyNano,
      delayCostNano: config.delayCostUsd ?? projection.delayCostNano,
      linearPerRequestNano: config.linearPerRequestUsd ?? projection.linearPerRequestNano,
    },
  };
}

function thresholdsOf(
  config: DecideConfig['decision'],
): Omit<DecisionSettings, 'projection' | 'capacity'> {
  const { decision } = DEFAULTS;
  return {
    requestsPerMonth: config.requestsPerMonth ?? decision.requestsPerMonth,
    monthlyNano: config.monthlyUsd ?? decision.monthlyNano,
    minMonths: config.minMonths ?? decision.minMonths,
    minCoverage: config.minCoverage ?? decision.minCoverage,
    maxPaybackMonths: config.maxPaybackMonths ?? decision.maxPaybackMonths,
    minRepeatableShare: config.minRepeatableShare ?? decision.minRepeatableShare,
    minEdgeShare: config.minEdgeShare ?? decision.minEdgeShare,
    assumedEdgeSavingUs: config.assumedEdgeSaving ?? decision.assumedEdgeSavingUs,
  };
}
