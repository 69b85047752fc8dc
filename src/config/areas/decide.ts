import { z } from 'zod';
import { emailConfig } from '../../../alerts/channels/email/config.ts';
import { pagerdutyConfig } from '../../../alerts/channels/pagerduty/config.ts';
import { slackConfig } from '../../../alerts/channels/slack/config.ts';
import { webhookConfig } from '../../../alerts/channels/webhook/config.ts';
import { duration, instant, size, usd } from '../quantity.ts';

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

const decision = z
  .strictObject({
    multiCloud: z
      .strictObject({
        fixed: z.record(z.string(), usd).optional().describe('Monthly dollars by part.'),
        usage: z
          .array(z.strictObject({ requests: z.int().min(1), usd }))
          .min(1)
          .optional(),
      })
      .prefault({}),
    migrationHours: z.number().min(0).optional(),
    hourlyUsd: usd.optional(),
    delayCostUsd: usd.optional(),
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
      monthlyUsd: z.array(usd).min(1).optional(),
      costPerRequestUsd: usd.nullable().optional(),
      spikeUsd: usd.optional(),
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
        .regex(/^(\S+\s+){4}\S+$/, { error: 'five fields of cron, e.g. "0 9 * * 1"' })
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
