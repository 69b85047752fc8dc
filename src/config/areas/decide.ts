import { z } from 'zod';
import { emailConfig } from '../../../alerts/channels/email/config.ts';
import { pagerdutyConfig } from '../../../alerts/channels/pagerduty/config.ts';
import { slackConfig } from '../../../alerts/channels/slack/config.ts';
import { webhookConfig } from '../../../alerts/channels/webhook/config.ts';
import { parseCron } from '../../core/cron-schedule.ts';
import { duration, instant, size, usd } from '../quantity.ts';

const rising = (values: readonly number[]) =>
  values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));

function scheduleProblem(schedule: string): string | null {
  try {
    parseCron(schedule);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const days = z.int().min(1).max(366);

const triggers = z
  .strictObject({
    scale: z
      .strictObject({ requests: z.int().min(1).optional(), sustainDays: days.optional() })
      .prefault({}),
    egress: z
      .strictObject({
        monthlyUsd: usd.optional(),
        sustainDays: days.optional(),
        tiers: z
          .array(z.strictObject({ upTo: size.nullable().default(null), usdPerGb: usd }))
          .min(1)
          .refine((tiers) => rising(tiers.map(({ upTo }) => upTo ?? Number.MAX_VALUE)), {
            error: 'tiers must rise',
          })
          .refine((tiers) => tiers.at(-1)?.upTo === null, {
            error: 'the last tier must have no upTo, or larger volumes would have no price',
          })
          .optional(),
      })
      .prefault({}),
    latency: z
      .strictObject({
        objective: duration.optional(),
        sustainDays: days.optional(),
        operations: z
          .array(
            z.strictObject({ endpoint: z.string(), operation: z.string(), objective: duration }),
          )
          .optional(),
      })
      .prefault({}),
    compliance: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          regions: z.array(z.string().min(1)).min(1),
          effective: instant,
          reference: z.string(),
          endpoints: z.array(z.string()).nullable().default(null),
        }),
      )
      .default([]),
    cost: z.strictObject({ monthlyUsd: usd.optional(), sustainDays: days.optional() }).prefault({}),
  })
  .prefault({});

const outage = z
  .strictObject({
    minFailures: z.int().min(1).optional(),
    incidentAfter: duration.optional(),
    emergencyAfter: duration.optional(),
  })
  .prefault({})
  .describe('An endpoint that only fails.');

const blindness = z
  .strictObject({
    intakeLag: duration.optional(),
    exportLag: duration.optional(),
    diskFree: size.optional(),
  })
  .prefault({})
  .describe('When tripmeter itself does not see.');

const share = z.number().min(0).max(1);

const decision = z
  .strictObject({
    multiCloud: z
      .strictObject({
        fixed: z.record(z.string(), usd).optional().describe('Monthly dollars by part.'),
        usage: z
          .array(z.strictObject({ requests: z.int().min(1), usd }))
          .min(1)
          .refine((points) => rising(points.map(({ requests }) => requests)), {
            error: 'points must rise by requests',
          })
          .optional(),
      })
      .prefault({}),
    requestsPerMonth: z.int().min(1).optional(),
    monthlyUsd: usd.optional().describe('Egress or compute.'),
    minMonths: z.int().min(0).optional().describe('Months of production data.'),
    minCoverage: share.optional().describe('Share of days with data.'),
    maxPaybackMonths: z.number().min(1).optional(),
    minRepeatableShare: share.optional(),
    minEdgeShare: share.optional(),
    assumedEdgeSaving: duration.optional(),
    migrationHours: z.number().min(0).optional(),
    hourlyUsd: usd.optional(),
    delayCostUsd: usd.optional(),
    linearPerRequestUsd: usd.optional().describe("The report's cost of a request on Modal."),
    capacity: z
      .strictObject({ who: z.string().min(1), until: instant })
      .nullable()
      .default(null)
      .describe('Who would migrate, and until when they can.'),
  })
  .prefault({});

/** Thresholds. What is left out has the number of the infrastructure report. */
export const decideArea = {
  alerts: z
    .strictObject({
      monthlyUsd: z
        .array(usd)
        .min(1)
        .refine((all) => new Set(all).size === all.length, { error: 'names a threshold twice' })
        .optional(),
      costPerRequestUsd: usd.nullable().optional(),
      spikeUsd: usd.optional(),
      burnWithin: duration
        .optional()
        .describe('A pace that reaches the next threshold within this is told at once.'),
      outage,
      blindness,
    })
    .prefault({}),
  triggers,
  decision,
  channels: z
    .strictObject({
      email: emailConfig.optional(),
      slack: slackConfig.optional(),
      pagerduty: pagerdutyConfig.optional(),
      webhook: webhookConfig.optional(),
    })
    .prefault({}),
  report: z
    .strictObject({
      schedule: z
        .string()
        .superRefine((schedule, context) => {
          const message = scheduleProblem(schedule);
          if (message !== null) context.addIssue({ code: 'custom', message });
        })
        .default('0 9 * * 1'),
      to: z.array(z.string().min(3)).optional().describe('Default: the addresses of the channel.'),
    })
    .prefault({}),
};

export type DecideConfig = {
  readonly alerts: z.output<(typeof decideArea)['alerts']>;
  readonly triggers: z.output<typeof triggers>;
  readonly decision: z.output<typeof decision>;
};
