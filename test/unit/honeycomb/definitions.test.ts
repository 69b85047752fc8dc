import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { grafanaDashboard } from '../../../dashboards/grafana/grafana-dashboard.ts';
import { BOARDS } from '../../../dashboards/honeycomb/boards/board-list.ts';
import { CALCULATED_FIELDS } from '../../../dashboards/honeycomb/boards/calculated-fields.ts';
import {
  CALCULATED_FIELD_NAMES,
  type QueryDefinition,
} from '../../../dashboards/honeycomb/boards/definition.ts';
import { SLOS } from '../../../dashboards/honeycomb/boards/slos.ts';
import { TRIGGERS } from '../../../dashboards/honeycomb/boards/triggers.ts';
import { compile } from '../../../dashboards/honeycomb/compile/compile.ts';
import type { PanelPosition } from '../../../dashboards/honeycomb/compile/resource.ts';
import { terraformText } from '../../../dashboards/honeycomb/terraform.ts';
import { METRICS } from '../../../src/core/metric-names.ts';
import {
  RESERVED_ATTRIBUTES,
  TELEMETRY_ATTRIBUTES,
} from '../../../src/core/telemetry-attributes.ts';

const DEFINITIONS = {
  boards: BOARDS,
  calculatedFields: CALCULATED_FIELDS,
  triggers: TRIGGERS,
  slos: SLOS,
};
const resources = compile(DEFINITIONS, { dataset: 'tripmeter', emails: ['Ops@example.com'] });
const queries: [string, QueryDefinition][] = [
  ...BOARDS.flatMap((board) =>
    board.panels.flatMap((panel): [string, QueryDefinition][] =>
      panel.kind === 'query' ? [[`${board.id}/${panel.id}`, panel.query]] : [],
    ),
  ),
  ...TRIGGERS.map((trigger): [string, QueryDefinition] => [trigger.id, trigger.query]),
];
const known = new Set<string>([
  ...Object.keys(TELEMETRY_ATTRIBUTES),
  ...CALCULATED_FIELD_NAMES,
  'duration_ms',
]);

describe('board definitions', () => {
  test.each(queries)('%s asks only for columns that exist', (_name, query) => {
    const columns = [
      ...query.calculations.map(({ column }) => column),
      ...query.filters.map(({ column }) => column),
      ...(query.breakdowns ?? []),
    ].filter((column) => column !== undefined);
    expect(columns.filter((column) => !known.has(column))).toEqual([]);
  });

  test.each(queries)(
    '%s never asks for root spans: the caller may have sent a trace',
    (_name, query) => {
      expect(JSON.stringify(query)).not.toMatch(/trace\.parent_id|is_root/);
      expect(query.filters.length).toBeGreaterThan(0);
    },
  );

  test('have ids of their own', () => {
    const ids = queries.map(([name]) => name);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9-]+(\/[a-z0-9-]+)?$/.test(id))).toEqual([]);
  });

  test('use every calculated field, and every field uses columns that exist', () => {
    const used = JSON.stringify([BOARDS, TRIGGERS, SLOS]);
    for (const { alias, expression } of CALCULATED_FIELDS) {
      expect(used).toContain(alias);
      const columns = [...expression.matchAll(/\$([a-z_.]+)/g)].map((match) => match[1]);
      expect(columns.filter((column) => !known.has(column as string))).toEqual([]);
    }
    expect(CALCULATED_FIELDS.map(({ alias }) => alias)).toEqual([...CALCULATED_FIELD_NAMES]);
  });

  test('are two triggers, as many as the Free plan has', () => {
    expect(TRIGGERS).toHaveLength(2);
  });

  test('give columns that Honeycomb does not derive itself, with words that fit', () => {
    const columns = resources.filter((resource) => resource.kind === 'column');
    expect(
      columns.map(({ key }) => key).filter((key) => RESERVED_ATTRIBUTES.includes(key)),
    ).toEqual([]);
    expect(columns.filter(({ view }) => view.description.length > 255)).toEqual([]);
  });

  test('place panels beside and below, never over one another or outside twelve columns', () => {
    const boards = resources.filter((resource) => resource.kind === 'board');
    for (const { view } of boards) {
      const cells = Object.values(view.panels).flatMap(({ position }) => cellsOf(position));
      expect(new Set(cells).size).toBe(cells.length);
      expect(cells.filter((cell) => Number(cell.split(',')[0]) >= 12)).toEqual([]);
    }
  });
});

function cellsOf({ x, y, width, height }: PanelPosition): string[] {
  return Array.from(
    { length: width * height },
    (_, index) => `${x + (index % width)},${y + Math.floor(index / width)}`,
  );
}

describe('Grafana', () => {
  test('has the dashboard that the definitions give (node dashboards/grafana/write-dashboard.ts)', () => {
    const file = new URL('../../../dashboards/grafana/tripmeter.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(grafanaDashboard())),
    );
  });

  test('asks only for metrics that exist', () => {
    const names = new Set(Object.values(METRICS).map(({ name }) => name));
    const asked = [...JSON.stringify(grafanaDashboard()).matchAll(/tripmeter_[a-z_]+/g)].map(
      ([name]) => name,
    );
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !(names as ReadonlySet<string>).has(name))).toEqual([]);
  });
});

describe('metric names', () => {
  test('follow OpenMetrics: prefix, base units, _total on counters alone', () => {
    for (const { name, type } of Object.values(METRICS)) {
      expect(name).toMatch(/^tripmeter_[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ms|millis|minutes|kb|mb)(_|$)/);
    }
  });
});

describe('Terraform', () => {
  const text = terraformText(resources, 'tripmeter');

  test('has a resource for every object, and refers only to what it has', () => {
    for (const kind of ['column', 'derived_column', 'flexible_board', 'trigger', 'slo', 'query']) {
      expect(text).toContain(`resource "honeycombio_${kind}" "`);
    }
    const declared = new Set(
      [...text.matchAll(/^(?:resource|data) "(\w+)" "(\w+)"/gm)].map(
        ([, kind, name]) => `${kind}.${name}`,
      ),
    );
    const referred = [...text.matchAll(/= (?:data\.)?(honeycombio_\w+\.\w+)\.\w+$/gm)].map(
      ([, name]) => name,
    );
    expect(referred.length).toBeGreaterThan(60);
    expect(referred.filter((name) => !declared.has(name as string))).toEqual([]);
  });

  test('tags boards, triggers and SLOs as Terraform’s, which is not ours', () => {
    const owned = resources.filter(({ kind }) => ['board', 'trigger', 'slo'].includes(kind));
    const tags = [...text.matchAll(/^ {2}tags = (\{.*\})$/gm)].map(([, map]) => map);
    expect(tags).toHaveLength(owned.length);
    expect(tags[0]).toMatch(
      /^\{ managedby = "terraform", dataset = "tripmeter", id = "[a-z-]+" \}$/,
    );
    expect(new Set(tags).size).toBe(tags.length);
  });

  test('has the chart settings of every query panel', () => {
    const panels = resources.flatMap((resource) =>
      resource.kind === 'board' ? Object.values(resource.view.panels) : [],
    );
    const queries = panels.filter((panel) => panel.type === 'query');
    const charts = queries.flatMap((panel) => panel.charts);
    const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
    expect(count(/visualization_settings \{\n +use_utc_xaxis = true/g)).toBe(queries.length);
    expect(count(/chart \{\n +chart_index = \d\n +chart_type = "\w+"/g)).toBe(charts.length);
    expect(charts.length).toBeGreaterThan(10);
  });

  test('closes every block and begins no template by accident', () => {
    const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
    expect(bare.split('{').length).toBe(bare.split('}').length);
    expect(text).not.toMatch(/(?<![$%])[$%]\{/);
  });
});
