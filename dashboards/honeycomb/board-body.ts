import type { HoneycombClient } from './client.ts';
import { queryHash } from './compile/query-spec.ts';
import { readStamp, stamped } from './compile/query-stamp.ts';
import {
  type BoardView,
  idTag,
  ownerTags,
  type PanelView,
  type QueryPanelView,
} from './compile/resource.ts';
import { type AnnotationWire, annotationWire, createdQueryWire } from './wire.ts';

export interface BoardBodyRequest {
  readonly client: HoneycombClient;
  readonly slug: string;
  readonly key: string;
  readonly view: BoardView;
  /** Every annotation of the dataset: those of ours are used again. */
  readonly annotations: readonly AnnotationWire[];
}

export interface BoardBody {
  readonly body: object;
  /** Annotations that the board uses. */
  readonly used: ReadonlySet<string>;
}

/** What a board is sent as; its queries and their annotations are made first where they are missing. */
export async function boardBody(request: BoardBodyRequest): Promise<BoardBody> {
  const { slug, key, view } = request;
  const used = new Set<string>();
  const panels: object[] = [];
  for (const [name, panel] of Object.entries(view.panels)) {
    if (panel.type === 'text')
      panels.push({ ...place(panel), text_panel: { content: panel.content } });
    else {
      const annotation = await annotationFor(request, `${key}/${name}`, panel);
      used.add(annotation.id);
      panels.push({ ...place(panel), query_panel: queryPanel(panel, annotation) });
    }
  }
  const body = {
    name: view.name,
    description: view.description,
    type: 'flexible',
    layout_generation: 'manual',
    tags: [...ownerTags(slug), idTag(key)],
    // Left out, the old ones would stay.
    preset_filters: view.presetFilters,
    panels,
  };
  return { body, used };
}

function place({ type, position }: PanelView) {
  const { x, y, width, height } = position;
  return { type, position: { x_coordinate: x, y_coordinate: y, width, height } };
}

function queryPanel(panel: QueryPanelView, annotation: AnnotationWire) {
  const charts = panel.charts.map((chart) => ({
    chart_index: chart.index,
    chart_type: chart.type,
    log_scale: chart.logScale,
    thresholds: chart.thresholds.map((threshold) => ({
      ...threshold,
      operation: 'gt',
      line_style: 'dotted',
    })),
  }));
  return {
    query_id: annotation.query_id,
    query_annotation_id: annotation.id,
    query_style: panel.style,
    visualization_settings: { utc_xaxis: true, charts },
  };
}

/** The annotation of a panel's query: one that asks the same is kept, and its words are put right. */
async function annotationFor(
  { client, slug, annotations }: BoardBodyRequest,
  panelName: string,
  panel: QueryPanelView,
): Promise<AnnotationWire> {
  const stamp = { panel: panelName, hash: queryHash(panel.query) };
  const words = { name: panel.title, description: stamped(panel.about, stamp) };
  const present = annotations.find((annotation) => {
    const read = readStamp(annotation.description ?? '');
    return read?.stamp.panel === stamp.panel && read.stamp.hash === stamp.hash;
  });
  if (present === undefined) {
    const query = await client.post(`/1/queries/${slug}`, panel.query, createdQueryWire);
    const body = { ...words, query_id: query.id };
    return client.post(`/1/query_annotations/${slug}`, body, annotationWire);
  }
  if (present.name === words.name && present.description === words.description) return present;
  const body = { ...words, query_id: present.query_id };
  return client.put(`/1/query_annotations/${slug}/${present.id}`, body, annotationWire);
}
