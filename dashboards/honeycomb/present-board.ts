import { isSpecial, textName } from './compile/compile-board.ts';
import { readStamp } from './compile/query-stamp.ts';
import type { ChartView, PanelPosition, PanelView } from './compile/resource.ts';
import type { PresentResource } from './plan/plan.ts';
import type { QueryReader } from './query-reader.ts';
import type { AnnotationWire, BoardWire, PanelWire } from './wire.ts';

export interface PresentBoardRequest {
  readonly key: string;
  readonly board: BoardWire;
  readonly annotations: readonly AnnotationWire[];
  readonly queries: QueryReader;
}

/** A board of ours as it stands, whoever changed it, in the form in which boards are compared. */
export async function presentBoard(request: PresentBoardRequest): Promise<PresentResource> {
  const { key, board } = request;
  const panels: Record<string, PanelView> = {};
  for (const panel of board.panels ?? []) {
    const [name, view] = await presentPanel(request, panel);
    panels[freeName(panels, name)] = view;
  }
  return {
    kind: 'board',
    key,
    title: board.name,
    view: {
      name: board.name,
      description: board.description ?? '',
      presetFilters: (board.preset_filters ?? []).map(({ column, alias }) => ({ column, alias })),
      panels,
    },
    id: board.id,
  };
}

function freeName(panels: Readonly<Record<string, unknown>>, name: string): string {
  let free = name;
  for (let count = 2; free in panels; count++) free = `${name} (${count})`;
  return free;
}

async function presentPanel(
  request: PresentBoardRequest,
  panel: PanelWire,
): Promise<[string, PanelView]> {
  const position = presentPosition(panel);
  if (panel.query_panel != null) {
    const { query_style, visualization_settings } = panel.query_panel;
    const { name, title, about, query } = await presentQuery(request, panel.query_panel);
    const style = query_style ?? 'graph';
    const charts = (visualization_settings?.charts ?? []).map(presentChart).filter(isSpecial);
    return [name, { type: 'query', title, about, query, style, charts, position }];
  }
  const content = panel.text_panel?.content ?? `a panel of type ${panel.type}`;
  return [textName(position), { type: 'text', content, position }];
}

async function presentQuery(
  { key, annotations, queries }: PresentBoardRequest,
  { query_id, query_annotation_id }: NonNullable<PanelWire['query_panel']>,
) {
  const annotation = annotations.find((each) => each.id === query_annotation_id);
  const description = annotation?.description ?? '';
  const title = annotation?.name ?? 'a query without a name';
  const read = readStamp(description);
  const byHand = { name: `by hand: ${title}`, title, about: description };
  if (read === null) return { ...byHand, query: await queries.byId(query_id) };
  const { panel, hash } = read.stamp;
  // A stamp is believed only for the query that its annotation belongs to.
  const known = annotation?.query_id === query_id ? queries.byHash(hash) : null;
  const query = known ?? (await queries.byId(query_id));
  if (!panel.startsWith(`${key}/`)) return { ...byHand, query };
  return { name: panel.slice(key.length + 1), title, about: read.about, query };
}

function presentPosition({ position }: PanelWire): PanelPosition {
  return {
    x: position?.x_coordinate ?? 0,
    y: position?.y_coordinate ?? 0,
    width: position?.width ?? 0,
    height: position?.height ?? 0,
  };
}

type ChartWire = NonNullable<
  NonNullable<NonNullable<PanelWire['query_panel']>['visualization_settings']>['charts']
>[number];

function presentChart(chart: ChartWire): ChartView {
  return {
    index: chart.chart_index ?? 0,
    type: chart.chart_type ?? 'default',
    logScale: chart.log_scale ?? false,
    thresholds: (chart.thresholds ?? []).map(({ value, label, color }) => ({
      value,
      label: label ?? '',
      color,
    })),
  };
}
