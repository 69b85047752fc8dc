import { z } from 'zod';

/** 64-bit integers are text in JSON; some senders write numbers. */
const integer = z.union([z.string(), z.number()]);
const list = <T extends z.ZodType>(item: T) => z.array(item).default([]);

const attribute = z.object({
  key: z.string().default(''),
  value: z.object({ stringValue: z.string().optional(), intValue: integer.optional() }).optional(),
});

const point = z.object({
  startTimeUnixNano: integer.optional(),
  timeUnixNano: integer.optional(),
  asDouble: z.union([z.number(), z.string()]).optional(),
  asInt: integer.optional(),
  count: integer.optional(),
  sum: z.number().optional(),
  attributes: list(attribute),
});

const points = z.object({
  dataPoints: list(point),
  aggregationTemporality: z.union([z.number(), z.string()]).optional(),
});

const metric = z.object({
  name: z.string().default(''),
  gauge: points.optional(),
  sum: points.optional(),
  histogram: points.optional(),
  exponentialHistogram: points.optional(),
  summary: points.optional(),
});

/** `ExportMetricsServiceRequest`, as JSON has it and as the protobuf decoder gives it. */
export const metricsRequest = z.object({
  resourceMetrics: list(
    z.object({
      resource: z.object({ attributes: list(attribute) }).optional(),
      scopeMetrics: list(z.object({ metrics: list(metric) })),
    }),
  ),
});

export type MetricsRequest = z.infer<typeof metricsRequest>;
export type Metric = z.infer<typeof metric>;
export type Point = z.infer<typeof point>;
export type Attribute = z.infer<typeof attribute>;
