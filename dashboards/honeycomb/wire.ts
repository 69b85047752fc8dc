import { z } from 'zod';

/** What Honeycomb answers, as far as it is read here; all else is let through and ignored. */

const id = z.string().min(1);
const tags = z
  .array(z.looseObject({ key: z.string(), value: z.string() }))
  .nullish()
  .transform((value) => value ?? []);

export const authWire = z.looseObject({
  type: z.string().optional(),
  api_key_access: z.record(z.string(), z.boolean()),
  environment: z
    .looseObject({ name: z.string().optional(), slug: z.string().optional() })
    .optional(),
  team: z.looseObject({ slug: z.string().optional() }).optional(),
});

export const datasetWire = z.looseObject({ name: z.string(), slug: z.string().min(1) });
export const datasetsWire = z.array(datasetWire);

export const columnWire = z.looseObject({
  id,
  key_name: z.string(),
  type: z.enum(['string', 'integer', 'float', 'boolean', 'histogram']).catch('string'),
  description: z.string().nullish(),
  hidden: z.boolean().nullish(),
});
export const columnsWire = z.array(columnWire);

export const calculatedFieldWire = z.looseObject({
  id,
  alias: z.string(),
  expression: z.string(),
  description: z.string().nullish(),
});
export const calculatedFieldsWire = z.array(calculatedFieldWire);

const filterWire = z.looseObject({
  column: z.string(),
  op: z.string(),
  value: z.unknown().optional(),
});

export const queryWire = z.looseObject({
  id: z.string().optional(),
  calculations: z.array(z.looseObject({ op: z.string(), column: z.string().nullish() })).nullish(),
  filters: z.array(filterWire).nullish(),
  filter_combination: z.string().nullish(),
  breakdowns: z.array(z.string()).nullish(),
  orders: z
    .array(
      z.looseObject({
        op: z.string().nullish(),
        column: z.string().nullish(),
        order: z.string().nullish(),
      }),
    )
    .nullish(),
  havings: z.array(z.unknown()).nullish(),
  limit: z.number().nullish(),
  time_range: z.number().nullish(),
  granularity: z.number().nullish(),
});
export const createdQueryWire = z.looseObject({ id });

export const annotationWire = z.looseObject({
  id,
  name: z.string(),
  description: z.string().nullish(),
  query_id: id,
});
export const annotationsWire = z.array(annotationWire);
export type AnnotationWire = z.output<typeof annotationWire>;

const positionWire = z
  .looseObject({
    x_coordinate: z.number().optional(),
    y_coordinate: z.number().optional(),
    width: z.number().optional(),
    height: z.number().optional(),
  })
  .nullish();

const chartWire = z.looseObject({
  chart_index: z.number().optional(),
  chart_type: z.string().optional(),
  log_scale: z.boolean().optional(),
  thresholds: z
    .array(z.looseObject({ value: z.number(), label: z.string().nullish(), color: z.string() }))
    .nullish(),
});

const panelWire = z.looseObject({
  type: z.string(),
  position: positionWire,
  query_panel: z
    .looseObject({
      query_id: z.string(),
      query_annotation_id: z.string().optional(),
      query_style: z.string().optional(),
      visualization_settings: z.looseObject({ charts: z.array(chartWire).nullish() }).nullish(),
    })
    .nullish(),
  text_panel: z.looseObject({ content: z.string() }).nullish(),
  slo_panel: z.looseObject({ slo_id: z.string().optional() }).nullish(),
});
export type PanelWire = z.output<typeof panelWire>;

export const boardWire = z.looseObject({
  id,
  name: z.string(),
  description: z.string().nullish(),
  type: z.string().optional(),
  tags,
  preset_filters: z.array(z.looseObject({ column: z.string(), alias: z.string() })).nullish(),
  panels: z.array(panelWire).nullish(),
});
export const boardsWire = z.array(boardWire);
export type BoardWire = z.output<typeof boardWire>;

export const triggerWire = z.looseObject({
  id,
  name: z.string(),
  description: z.string().nullish(),
  tags,
  query: queryWire.nullish(),
  query_id: z.string().nullish(),
  threshold: z.looseObject({ op: z.string(), value: z.number() }),
  frequency: z.number(),
  alert_type: z.string().optional(),
  disabled: z.boolean().nullish(),
  recipients: z.array(z.looseObject({ id: z.string() })).nullish(),
});
export const triggersWire = z.array(triggerWire);
export type TriggerWire = z.output<typeof triggerWire>;

export const recipientWire = z.looseObject({
  id,
  type: z.string(),
  details: z.looseObject({ email_address: z.string().optional() }).nullish(),
});
export const recipientsWire = z.array(recipientWire);

export const sloWire = z.looseObject({
  id,
  name: z.string(),
  description: z.string().nullish(),
  tags,
  sli: z.looseObject({ alias: z.string() }),
  target_per_million: z.number(),
  time_period_days: z.number(),
});
export const slosWire = z.array(sloWire);

/** Both forms of an error: the legacy one, and problem+json with details by field. */
export const errorWire = z.looseObject({
  error: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  type_detail: z
    .array(
      z.looseObject({
        field: z.string().optional(),
        code: z.string().optional(),
        description: z.string().optional(),
      }),
    )
    .optional(),
});
