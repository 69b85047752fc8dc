import { z } from 'zod';

/**
 * What Honeycomb's API asks of a request body, by its documentation: lengths, enums, and the rules that its
 * schema leaves to prose (tags, trigger queries).
 */

const tags = z
  .array(
    z.strictObject({
      key: z.string().regex(/^[a-z]{1,32}$/),
      value: z.string().regex(/^[a-z][a-z0-9/-]{1,128}$/),
    }),
  )
  .max(10);

const column = z.string().min(1).max(255);
const FILTER_OPS = [
  ...['=', '!=', '>', '>=', '<', '<=', 'starts-with', 'does-not-start-with', 'ends-with'],
  ...['does-not-end-with', 'exists', 'does-not-exist', 'contains', 'does-not-contain'],
  ...['in', 'not-in'],
];
const CALCULATION_OPS = [
  ...['COUNT', 'CONCURRENCY', 'SUM', 'AVG', 'COUNT_DISTINCT', 'HEATMAP', 'MAX', 'MIN'],
  ...['P001', 'P01', 'P05', 'P10', 'P20', 'P25', 'P50', 'P75', 'P80', 'P90', 'P95', 'P99', 'P999'],
  ...['RATE_AVG', 'RATE_SUM', 'RATE_MAX'],
];
const WITHOUT_COLUMN = ['COUNT', 'CONCURRENCY'];
const WITHOUT_VALUE = ['exists', 'does-not-exist'];

const calculation = z
  .strictObject({ op: z.enum(CALCULATION_OPS), column: column.optional() })
  .refine(({ op, column }) => (column === undefined) === WITHOUT_COLUMN.includes(op), {
    error: 'COUNT and CONCURRENCY have no column, all others have one',
  });

const filter = z
  .strictObject({
    column,
    op: z.enum(FILTER_OPS),
    value: z
      .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))])
      .optional(),
  })
  .refine(({ op, value }) => (value === undefined) === WITHOUT_VALUE.includes(op), {
    error: 'exists and does-not-exist have no value, all others have one',
  });

const order = z.strictObject({
  op: z.enum(CALCULATION_OPS).optional(),
  column: column.optional(),
  order: z.enum(['ascending', 'descending']).optional(),
});

export const queryRules = z
  .strictObject({
    calculations: z.array(calculation).max(100),
    filters: z.array(filter).max(100),
    filter_combination: z.enum(['AND', 'OR']).optional(),
    breakdowns: z.array(column).max(100).optional(),
    orders: z.array(order).max(100).optional(),
    limit: z.int().min(1).max(1_000).optional(),
    time_range: z.int().positive(),
    granularity: z.int().nonnegative().optional(),
  })
  .refine(
    ({ granularity = 0, time_range }) =>
      granularity === 0 || (granularity <= time_range && granularity >= time_range / 1_000),
    { error: 'granularity must lie between a thousandth of the time range and all of it' },
  )
  .refine(({ orders = [], calculations, breakdowns = [] }) =>
    orders.every(
      (each) =>
        breakdowns.includes(each.column ?? '') ||
        calculations.some(({ op, column }) => op === each.op && column === each.column),
    ),
  );

export const triggerRules = z
  .strictObject({
    name: z.string().min(1).max(120),
    description: z.string().max(1_023),
    query: z.strictObject({
      calculations: z.array(calculation).length(1),
      filters: z.array(filter),
      filter_combination: z.enum(['AND', 'OR']).optional(),
      breakdowns: z.array(column).optional(),
      time_range: z.int(),
    }),
    threshold: z.strictObject({ op: z.enum(['>', '>=', '<', '<=']), value: z.number() }),
    frequency: z.int().min(60).max(86_400).multipleOf(60),
    alert_type: z.enum(['on_change', 'on_true']),
    disabled: z.boolean(),
    recipients: z.array(z.strictObject({ id: z.string() })),
    tags,
  })
  .refine(({ frequency, query: { time_range } }) => frequency <= time_range, {
    error: 'the time range is shorter than the frequency',
  })
  .refine(({ frequency, query: { time_range } }) => time_range <= Math.min(4 * frequency, 86_400), {
    error: 'the time range is longer than four times the frequency or a day',
  })
  .refine(({ query }) => !['HEATMAP', 'CONCURRENCY'].includes(query.calculations[0]?.op ?? ''));

const position = z.strictObject({
  x_coordinate: z.int().min(0).max(11),
  y_coordinate: z.int().min(0),
  width: z.int().min(1).max(12),
  height: z.int().min(1),
});

const chart = z.strictObject({
  chart_index: z.int().min(0),
  chart_type: z.enum(['default', 'line', 'stacked', 'stat', 'tsbar', 'cbar', 'cpie']),
  log_scale: z.boolean(),
  thresholds: z
    .array(
      z.strictObject({
        value: z.number(),
        label: z.string().max(35),
        color: z.enum(['red', 'yellow', 'blue', 'green', 'purple']),
        operation: z.enum(['gt', 'lt']),
        line_style: z.enum(['filled-solid', 'filled-dotted', 'solid', 'dotted']),
      }),
    )
    .max(5),
});

export const boardRules = z.strictObject({
  name: z.string().min(1).max(255),
  description: z.string().max(1_024),
  type: z.literal('flexible'),
  layout_generation: z.enum(['manual', 'auto']),
  tags,
  preset_filters: z
    .array(z.strictObject({ column, alias: z.string().min(1).max(50) }))
    .max(5)
    .optional(),
  panels: z.array(
    z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('query'),
        position,
        query_panel: z.strictObject({
          query_id: z.string(),
          query_annotation_id: z.string(),
          query_style: z.enum(['graph', 'table', 'combo']),
          visualization_settings: z.strictObject({
            utc_xaxis: z.boolean(),
            charts: z.array(chart),
          }),
        }),
      }),
      z.strictObject({
        type: z.literal('text'),
        position,
        text_panel: z.strictObject({ content: z.string().max(10_000) }),
      }),
    ]),
  ),
});

export const annotationRules = z.strictObject({
  name: z.string().min(1).max(320),
  description: z.string().max(1_023),
  query_id: z.string(),
});

export const columnRules = z.strictObject({
  key_name: column,
  type: z.enum(['string', 'float', 'integer', 'boolean']),
  description: z.string().max(255),
});

export const fieldRules = z.strictObject({
  alias: column,
  expression: z.string().min(1).max(4_095),
  description: z.string().max(255),
});

export const datasetRules = z.strictObject({ name: z.string().min(1).max(255) });

export const recipientRules = z.strictObject({
  type: z.literal('email'),
  details: z.strictObject({ email_address: z.email() }),
});

export const sloRules = z.strictObject({
  name: z.string().min(1).max(120),
  description: z.string().max(1_023),
  sli: z.strictObject({ alias: column }),
  target_per_million: z.int().min(0).max(999_999),
  time_period_days: z.int().min(1),
  tags,
});
