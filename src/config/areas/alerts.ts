import { z } from 'zod';
import {
  type AlertSettings,
  type BlindnessSettings,
  type BudgetSettings,
  DEFAULT_ALERT_SETTINGS,
  type EmergencySettings,
  type TriggerSettings,
} from '../../core/alert-settings.ts';
import { calendarDay, startOfCalendarDay } from '../calendar-day.ts';
import { positiveCount, positiveDuration, positiveUsd, size, text, usd } from '../scalars.ts';
import { decisionKeys, decisionSettings } from './decision.ts';

const { budgets, triggers, emergencies, blindness } = DEFAULT_ALERT_SETTINGS;

const rising = (values: readonly number[]) =>
  values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));

const emergencyKeys = z.strictObject({
  outage: z
    .strictObject({
      minFailures: positiveCount.default(emergencies.outage.minFailures),
      incidentAfter: positiveDuration.default(emergencies.outage.incidentAfterUs),
      emergencyAfter: positiveDuration.default(emergencies.outage.emergencyAfterUs),
    })
    .prefault({})
    .refine((outage) => outage.incidentAfter < outage.emergencyAfter, {
      error: 'incidentAfter must be shorter than emergencyAfter',
    })
    .describe('An endpoint that only fails.'),
  spike: z
    .strictObject({ monthlyUsd: positiveUsd.default(emergencies.spike.monthlyNano) })
    .prefault({})
    .describe('Spend so much a month above what the last four weeks let expect.'),
});

const blindnessKeys = z.strictObject({
  intakeLag: positiveDuration.default(blindness.intakeLagUs),
  exportLag: positiveDuration.default(blindness.exportLagUs),
  diskFree: size.default(blindness.diskFreeBytes),
});

const tier = z.strictObject({
  upTo: size.optional().describe('Volume of 30 days; the last tier has none.'),
  usdPerGB: usd,
});

const sustainDays = positiveCount.max(365, 'at most 365 days');

const triggerKeys = z.strictObject({
  scale: z
    .strictObject({
      requests: positiveCount.default(triggers.scale.requests).describe('In trailing 30 days.'),
      sustainDays: sustainDays.default(triggers.scale.sustainDays),
    })
    .prefault({}),
  egress: z
    .strictObject({
      monthlyUsd: positiveUsd.default(triggers.egress.monthlyNano),
      sustainDays: sustainDays.default(triggers.egress.sustainDays),
      tiers: z
        .array(tier)
        .min(1, 'name at least one tier')
        .refine((tiers) => rising(tiers.map(({ upTo }) => upTo ?? Number.MAX_VALUE)), {
          error: 'tiers must rise, and only the last one may have no upTo',
        })
        .refine((tiers) => tiers.at(-1)?.upTo === undefined, {
          error: 'the last tier must have no upTo, or larger volumes would have no price',
        })
        .default(
          triggers.egress.tiers.map(({ upToBytes, nanoPerGb }) => ({
            upTo: upToBytes ?? undefined,
            usdPerGB: nanoPerGb,
          })),
        ),
    })
    .prefault({}),
  latency: z
    .strictObject({
      objective: positiveDuration
        .default(triggers.latency.objectiveUs)
        .describe('Objectives up to this count as "sub-second".'),
      sustainDays: sustainDays.default(triggers.latency.sustainDays),
      operations: z
        .array(z.strictObject({ endpoint: text, operation: text, objective: positiveDuration }))
        .default([])
        .describe('Objectives of single operations (x-tripmeter-operation).'),
    })
    .prefault({}),
  compliance: z
    .array(
      z.strictObject({
        name: text,
        regions: z.array(text).min(1, 'name at least one region'),
        effective: calendarDay.describe('From the start of this day in `timezone`.'),
        reference: text.describe('Law, contract or ticket.'),
        endpoints: z.array(text).min(1).optional().describe('Endpoints it covers; all by default.'),
      }),
    )
    .default([])
    .describe('Data residency requirements.'),
  cost: z
    .strictObject({
      monthlyUsd: positiveUsd.default(triggers.cost.monthlyNano),
      sustainDays: sustainDays.default(triggers.cost.sustainDays),
    })
    .prefault({}),
});

export const alertKeys = {
  alerts: z
    .strictObject({
      monthlyUsd: z
        .array(positiveUsd)
        .refine(rising, { error: 'thresholds must rise, each named once: [500, 1000, 2000]' })
        .default([...budgets.monthlyNano])
        .describe('Notices when the month crosses these, and when its forecast does.'),
      costPerRequestUsd: positiveUsd
        .nullable()
        .default(budgets.costPerRequestNano)
        .describe('Ceiling of the cost of a successful request; null for none.'),
      burnWithin: positiveDuration
        .default(budgets.burnWithinUs)
        .describe('A pace that reaches the next threshold within this is told at once.'),
      emergencies: emergencyKeys.prefault({}),
      blindness: blindnessKeys.prefault({}).describe('When tripmeter itself does not see.'),
    })
    .prefault({}),
  triggers: triggerKeys.prefault({}).describe('The five reasons to leave Modal.'),
  decision: decisionKeys.prefault({}),
};

type AlertInput = z.output<z.ZodObject<typeof alertKeys>>;

/** Dates are days of the zone. */
export function alertSettings(input: AlertInput, timezone: string): AlertSettings {
  return {
    budgets: budgetSettings(input.alerts),
    triggers: triggerSettings(input.triggers, timezone),
    emergencies: emergencySettings(input.alerts.emergencies),
    blindness: blindnessSettings(input.alerts.blindness),
    decision: decisionSettings(input.decision, timezone),
  };
}

function budgetSettings(input: AlertInput['alerts']): BudgetSettings {
  return {
    monthlyNano: input.monthlyUsd,
    costPerRequestNano: input.costPerRequestUsd,
    burnWithinUs: input.burnWithin,
  };
}

function triggerSettings(input: AlertInput['triggers'], timezone: string): TriggerSettings {
  const { scale, egress, latency, compliance, cost } = input;
  return {
    scale,
    egress: {
      monthlyNano: egress.monthlyUsd,
      sustainDays: egress.sustainDays,
      tiers: egress.tiers.map(({ upTo, usdPerGB }) => ({
        upToBytes: upTo ?? null,
        nanoPerGb: usdPerGB,
      })),
    },
    latency: {
      objectiveUs: latency.objective,
      sustainDays: latency.sustainDays,
      operations: latency.operations.map(({ objective, ...rest }) => ({
        ...rest,
        objectiveUs: objective,
      })),
    },
    compliance: compliance.map(({ effective, endpoints, ...rest }) => ({
      ...rest,
      effectiveAt: startOfCalendarDay(effective, timezone),
      endpoints: endpoints ?? null,
    })),
    cost: { monthlyNano: cost.monthlyUsd, sustainDays: cost.sustainDays },
  };
}

function emergencySettings({
  outage,
  spike,
}: AlertInput['alerts']['emergencies']): EmergencySettings {
  return {
    outage: {
      minFailures: outage.minFailures,
      incidentAfterUs: outage.incidentAfter,
      emergencyAfterUs: outage.emergencyAfter,
    },
    spike: { monthlyNano: spike.monthlyUsd },
  };
}

function blindnessSettings(input: AlertInput['alerts']['blindness']): BlindnessSettings {
  return {
    intakeLagUs: input.intakeLag,
    exportLagUs: input.exportLag,
    diskFreeBytes: input.diskFree,
  };
}
