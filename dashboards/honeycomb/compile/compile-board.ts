import type {
  BoardDefinition,
  ChartDefinition,
  PanelDefinition,
  QueryDefinition,
} from '../boards/definition.ts';
import { panelLayout } from './panel-layout.ts';
import { normalQuery, type QuerySpec } from './query-spec.ts';
import type { BoardView, ChartView, PanelPosition, PanelView, Resource } from './resource.ts';

export function compileBoard(board: BoardDefinition): Resource {
  const positions = panelLayout(board.panels.map((panel) => panel.size));
  const panels = board.panels.map((panel, index): [string, PanelView] => [
    panelName(panel, positions[index] as PanelPosition),
    compilePanel(panel, positions[index] as PanelPosition),
  ]);
  const view: BoardView = {
    name: board.title,
    description: board.about,
    presetFilters: board.presetFilters.map(({ column, alias }) => ({ column, alias })),
    panels: Object.fromEntries(panels),
  };
  return { kind: 'board', key: board.id, title: board.title, view };
}

function panelName(panel: PanelDefinition, position: PanelPosition): string {
  return panel.kind === 'text' ? textName(position) : panel.id;
}

/** Honeycomb keeps no name of a text panel, so its place tells it apart. */
export function textName({ x, y }: PanelPosition): string {
  return `text at ${x},${y}`;
}

function compilePanel(panel: PanelDefinition, position: PanelPosition): PanelView {
  if (panel.kind === 'text') return { type: 'text', content: panel.markdown, position };
  return {
    type: 'query',
    title: panel.title,
    about: panel.about,
    query: compileQuery(panel.query),
    style: panel.style,
    charts: (panel.charts ?? []).map(compileChart).filter(isSpecial),
    position,
  };
}

export function compileQuery(query: QueryDefinition): QuerySpec {
  return normalQuery({
    calculations: query.calculations,
    filters: query.filters,
    breakdowns: query.breakdowns ?? [],
    orders: query.orderBy === undefined ? [] : [{ ...query.orderBy, order: 'descending' }],
    ...(query.limit === undefined ? {} : { limit: query.limit }),
    time_range: query.timeRangeSeconds,
    ...(query.granularitySeconds === undefined ? {} : { granularity: query.granularitySeconds }),
  });
}

function compileChart(chart: ChartDefinition, index: number): ChartView {
  return {
    index,
    type: chart.type,
    logScale: chart.logScale ?? false,
    thresholds: (chart.thresholds ?? []).map(({ value, label, color }) => ({
      value,
      label,
      color,
    })),
  };
}

/** Honeycomb lists charts as it pleases; only those that differ from its default are told apart. */
export function isSpecial(chart: ChartView): boolean {
  return chart.type !== 'default' || chart.logScale || chart.thresholds.length > 0;
}
