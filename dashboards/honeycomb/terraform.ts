import type { QuerySpec } from './compile/query-spec.ts';
import {
  idTag,
  ownerTags,
  type PanelView,
  type QueryPanelView,
  type Resource,
} from './compile/resource.ts';

/**
 * The same objects as resources of the provider `honeycombio/honeycombio`, for who manages all of Honeycomb
 * with Terraform. Use one of the two: Terraform does not know the objects that `honeycomb apply` made, and
 * tags its own as Terraform's, so that `honeycomb destroy` leaves them alone. The provider has no threshold
 * lines in charts: those are left out.
 */
export function terraformText(resources: readonly Resource[], dataset: string): string {
  const blocks = [
    HEADER.replace('DATASET', JSON.stringify(dataset)),
    ...resources.flatMap((resource) => resourceBlocks(resource, dataset)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

const HEADER = `terraform {
  required_providers {
    honeycombio = { source = "honeycombio/honeycombio" }
  }
}

variable "dataset" {
  type    = string
  default = DATASET
}`;

type Value = string | number | boolean | readonly Value[] | { readonly map: Tags };
type Tags = Readonly<Record<string, string>>;

/** Lines of a block: an attribute, or a block inside. */
type Body = readonly (readonly [string, Value | Expression] | readonly [string, Body, 'block'])[];

/** Text that stands for itself, such as a reference. */
interface Expression {
  readonly code: string;
}

const DATASET: readonly [string, Expression] = ['dataset', { code: 'var.dataset' }];

function tagsOf(key: string, dataset: string): readonly [string, Value] {
  const tags = [...ownerTags(dataset), idTag(key)].map((tag) => [tag.key, tag.value] as const);
  return ['tags', { map: { ...Object.fromEntries(tags), managedby: 'terraform' } }];
}

function resourceBlocks(resource: Resource, dataset: string): string[] {
  const name = identifier(resource.key);
  const tags = tagsOf(resource.key, dataset);
  switch (resource.kind) {
    case 'dataset':
      return [];
    case 'column':
      return [
        block('resource', 'honeycombio_column', name, [
          DATASET,
          ['name', resource.key],
          ['type', resource.view.type],
          ['description', resource.view.description],
        ]),
      ];
    case 'calculated field':
      return [
        block('resource', 'honeycombio_derived_column', name, [
          DATASET,
          ['alias', resource.key],
          ['expression', resource.view.expression],
          ['description', resource.view.description],
        ]),
      ];
    case 'recipient':
      return [
        block('resource', 'honeycombio_email_recipient', name, [['address', resource.view.email]]),
      ];
    case 'board':
      return boardBlocks(name, resource, tags);
    case 'trigger':
      return triggerBlocks(name, resource, tags);
    case 'slo':
      return [
        block('resource', 'honeycombio_slo', name, [
          DATASET,
          ['name', resource.view.name],
          ['description', resource.view.description],
          ['sli', { code: `honeycombio_derived_column.${identifier(resource.view.sli)}.alias` }],
          ['target_percentage', resource.view.targetPerMillion / 10_000],
          ['time_period', resource.view.days],
          tags,
        ]),
      ];
  }
}

function boardBlocks(
  name: string,
  { view }: Extract<Resource, { kind: 'board' }>,
  tags: Body[number],
): string[] {
  const queries: string[] = [];
  const panels = Object.entries(view.panels).map(([id, panel]) => {
    const query = `${name}_${identifier(id)}`;
    if (panel.type === 'query') queries.push(...queryBlocks(query, panel.query, panel));
    return ['panel', panelBody(panel, query), 'block'] as const;
  });
  const board = block('resource', 'honeycombio_flexible_board', name, [
    ['name', view.name],
    ['description', view.description],
    tags,
    ...view.presetFilters.map(
      ({ column, alias }) =>
        [
          'preset_filter',
          [
            ['column', column],
            ['alias', alias],
          ],
          'block',
        ] as const,
    ),
    ...panels,
  ]);
  return [...queries, board];
}

function panelBody(panel: PanelView, query: string): Body {
  const { x, y, width, height } = panel.position;
  const position: Body = [
    ['x_coordinate', x],
    ['y_coordinate', y],
    ['width', width],
    ['height', height],
  ];
  const content: Body[number] =
    panel.type === 'text'
      ? ['text_panel', [['content', panel.content]], 'block']
      : [
          'query_panel',
          [
            ['query_id', { code: `honeycombio_query.${query}.id` }],
            ['query_annotation_id', { code: `honeycombio_query_annotation.${query}.id` }],
            ['query_style', panel.style],
            ['visualization_settings', chartSettings(panel), 'block'],
          ],
          'block',
        ];
  return [['type', panel.type], ['position', position, 'block'], content];
}

function chartSettings({ charts }: QueryPanelView): Body {
  return [
    ['use_utc_xaxis', true],
    ...charts.map(
      ({ index, type, logScale }) =>
        [
          'chart',
          [
            ['chart_index', index],
            ['chart_type', type],
            ['use_log_scale', logScale],
          ],
          'block',
        ] as const,
    ),
  ];
}

function queryBlocks(
  name: string,
  query: QuerySpec,
  words: { readonly title: string; readonly about: string },
): string[] {
  return [
    block('data', 'honeycombio_query_specification', name, specification(query)),
    block('resource', 'honeycombio_query', name, [
      DATASET,
      ['query_json', { code: `data.honeycombio_query_specification.${name}.json` }],
    ]),
    block('resource', 'honeycombio_query_annotation', name, [
      DATASET,
      ['query_id', { code: `honeycombio_query.${name}.id` }],
      ['name', words.title],
      ['description', words.about],
    ]),
  ];
}

/** `forTrigger`: without what a trigger's query may not say. */
function specification(query: QuerySpec, forTrigger = false): Body {
  const blocks = (name: string, items: readonly object[]) =>
    items.map((item) => [name, Object.entries(item).map(specificationLine), 'block'] as const);
  const { breakdowns, time_range, limit, granularity } = query;
  return [
    ['time_range', time_range ?? 0],
    ...(breakdowns?.length ? [['breakdowns', breakdowns] as const] : []),
    ...(forTrigger || limit == null || limit === 1_000 ? [] : [['limit', limit] as const]),
    ...(forTrigger || granularity == null ? [] : [['granularity', granularity] as const]),
    ...blocks('calculation', query.calculations ?? []),
    ...blocks('filter', query.filters ?? []),
    ...(forTrigger ? [] : blocks('order', query.orders ?? [])),
  ];
}

/** The provider takes every filter's value as a string, and a list as one with commas. */
function specificationLine([key, value]: [string, unknown]): readonly [string, Value] {
  return [key, Array.isArray(value) ? value.join(',') : String(value)];
}

function triggerBlocks(
  name: string,
  { view }: Extract<Resource, { kind: 'trigger' }>,
  tags: Body[number],
): string[] {
  const query = `trigger_${name}`;
  return [
    block('data', 'honeycombio_query_specification', query, specification(view.query, true)),
    block('resource', 'honeycombio_trigger', name, [
      DATASET,
      ['name', view.name],
      ['description', view.description],
      ['query_json', { code: `data.honeycombio_query_specification.${query}.json` }],
      ['frequency', view.frequency],
      ['alert_type', view.alertType],
      tags,
      [
        'threshold',
        [
          ['op', view.threshold.op],
          ['value', view.threshold.value],
        ],
        'block',
      ],
      ...view.recipients.map(
        (key) =>
          [
            'recipient',
            [['id', { code: `honeycombio_email_recipient.${identifier(key)}.id` }]],
            'block',
          ] as const,
      ),
    ]),
  ];
}

function block(type: 'resource' | 'data', kind: string, name: string, body: Body): string {
  return `${type} "${kind}" "${name}" {\n${bodyText(body, '  ')}\n}`;
}

function bodyText(body: Body, indent: string): string {
  return body
    .map(([name, value, isBlock]) =>
      isBlock === 'block'
        ? `${indent}${name} {\n${bodyText(value as Body, `${indent}  `)}\n${indent}}`
        : `${indent}${name} = ${valueText(value as Value | Expression)}`,
    )
    .join('\n');
}

function valueText(value: Value | Expression): string {
  if (typeof value === 'object' && 'code' in value) return value.code;
  if (typeof value === 'object' && 'map' in value) {
    const pairs = Object.entries(value.map).map(([key, text]) => `${key} = ${valueText(text)}`);
    return `{ ${pairs.join(', ')} }`;
  }
  // In HCL `${` and `%{` begin a template.
  return JSON.stringify(value).replace(/([$%])\{/g, '$1$1{');
}

function identifier(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[a-zA-Z]/.test(name) ? name : `x_${name}`;
}
