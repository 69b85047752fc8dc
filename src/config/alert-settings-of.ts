import {
  type AlertSettings,
  DEFAULT_ALERT_SETTINGS as DEFAULTS,
  type DecisionSettings,
  type TriggerSettings,
} from '../core/alert-settings.ts';
import type { DecideConfig } from './areas/decide.ts';

/** The report's numbers with the configured ones in their place. */
export function alertSettingsOf(config: DecideConfig): AlertSettings {
  const { monthlyUsd, costPerRequestUsd, spikeUsd } = config.alerts;
  return {
    ...DEFAULTS,
    budgets: {
      ...DEFAULTS.budgets,
      monthlyNano: [...(monthlyUsd ?? DEFAULTS.budgets.monthlyNano)].sort((a, b) => a - b),
      costPerRequestNano:
        costPerRequestUsd === undefined ? DEFAULTS.budgets.costPerRequestNano : costPerRequestUsd,
    },
    triggers: triggersOf(config.triggers),
    emergencies: {
      ...DEFAULTS.emergencies,
      spike: { monthlyNano: spikeUsd ?? DEFAULTS.emergencies.spike.monthlyNano },
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
    ...DEFAULTS.decision,
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
    },
  };
}
