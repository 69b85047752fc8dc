import { METRICS } from '../../src/core/metric-names.ts';
import { BOARDS } from '../honeycomb/boards/board-list.ts';
import type { BoardDefinition, MetricPanelDefinition } from '../honeycomb/boards/definition.ts';
import { panelLayout } from '../honeycomb/compile/panel-layout.ts';

/**
 * A Grafana dashboard over `/metrics`, from the panels of the Honeycomb boards that a metric can tell, and
 * a row about tripmeter itself. `grafana/tripmeter.json` is its output; a test keeps the two equal.
 */
export function grafanaDashboard(): object {
  const sections = [...BOARDS.map(sectionOf), ITSELF].filter(({ panels }) => panels.length > 0);
  let top = 0;
  let id = 0;
  const panels = sections.flatMap(({ title, panels: own }) => {
    const row = {
      id: ++id,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y: top, w: COLUMNS, h: 1 },
      panels: [],
    };
    const positions = panelLayout(
      own.map(() => SIZE),
      COLUMNS,
    );
    const placed = own.map((panel, index) => {
      const { x = 0, y = 0 } = positions[index] ?? {};
      const gridPos = { x, y: top + 1 + y, w: SIZE.width, h: SIZE.height };
      return grafanaPanel(panel, ++id, gridPos);
    });
    top += 1 + Math.ceil(own.length / (COLUMNS / SIZE.width)) * SIZE.height;
    return [row, ...placed];
  });
  return { ...FRAME, panels };
}

const COLUMNS = 24;
const SIZE = { width: 12, height: 8 };

interface Section {
  readonly title: string;
  readonly panels: readonly SectionPanel[];
}

interface SectionPanel {
  readonly title: string;
  readonly about: string;
  readonly metrics: MetricPanelDefinition;
}

function sectionOf(board: BoardDefinition): Section {
  const panels = board.panels.flatMap((panel) =>
    panel.kind === 'query' && panel.metrics !== undefined
      ? [{ title: panel.title, about: panel.about, metrics: panel.metrics }]
      : [],
  );
  return { title: board.title, panels };
}

const figure = (
  title: string,
  about: string,
  metric: { readonly name: string },
  rest: Partial<MetricPanelDefinition> & { readonly legend: string },
): SectionPanel => ({
  title,
  about,
  metrics: {
    unit: rest.unit ?? 'short',
    chart: 'timeseries',
    queries: [{ expression: metric.name, legend: rest.legend }],
  },
});

/** What only metrics tell: whether the recorder itself is well. */
const ITSELF: Section = {
  title: 'tripmeter: itself',
  panels: [
    figure('Journal entries at risk', 'What a crash now would lose.', METRICS.journalAtRisk, {
      legend: 'entries',
    }),
    figure(
      'Journal not yet in the ledger',
      'Grows while the ledger is away.',
      METRICS.journalPending,
      {
        unit: 'bytes',
        legend: 'bytes',
      },
    ),
    figure('Export lag', 'Age of the oldest item that a sink does not have.', METRICS.exportLag, {
      unit: 's',
      legend: '{{sink}}',
    }),
    figure('Export depth', 'Items that a sink does not have.', METRICS.exportDepth, {
      legend: '{{sink}}',
    }),
    figure(
      'Export rejected',
      'Items that a sink refused and that were set aside.',
      METRICS.exportRejected,
      {
        legend: '{{sink}}',
      },
    ),
    figure('Degraded', '1 while records are at risk.', METRICS.degraded, { legend: 'degraded' }),
  ],
};

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };

function grafanaPanel(
  { title, about, metrics }: SectionPanel,
  id: number,
  gridPos: object,
): object {
  return {
    id,
    type: metrics.chart,
    title,
    description: about,
    gridPos,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit: metrics.unit }, overrides: [] },
    targets: metrics.queries.map(({ expression, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr: expression,
      legendFormat: legend,
    })),
  };
}

const FRAME = {
  uid: 'tripmeter',
  title: 'tripmeter',
  description: 'Modal requests: usage, latency, dollars and migration triggers, from /metrics.',
  tags: ['tripmeter', 'modal'],
  schemaVersion: 39,
  version: 1,
  editable: true,
  timezone: 'utc',
  time: { from: 'now-24h', to: 'now' },
  refresh: '1m',
  templating: {
    list: [
      {
        name: 'datasource',
        type: 'datasource',
        query: 'prometheus',
        label: 'Prometheus',
        current: {},
      },
    ],
  },
  annotations: { list: [] },
};
