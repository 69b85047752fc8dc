import type { QuerySpec } from './query-spec.ts';

/**
 * One object in Honeycomb, in the form in which the wanted and the present one are compared: everything
 * that we decide, nothing that Honeycomb does.
 */
export type Resource =
  | ResourceOf<'dataset', { readonly name: string }>
  | ResourceOf<'column', ColumnView>
  | ResourceOf<'calculated field', FieldView>
  | ResourceOf<'recipient', { readonly email: string }>
  | ResourceOf<'board', BoardView>
  | ResourceOf<'trigger', TriggerView>
  | ResourceOf<'slo', SloView>;

interface ResourceOf<Kind extends string, View> {
  readonly kind: Kind;
  /** Names it among its kind, whatever its title. */
  readonly key: string;
  readonly title: string;
  readonly view: View;
}

export type ResourceKind = Resource['kind'];

/** In the order in which they can be made: what is used before what uses it. */
export const RESOURCE_KINDS: readonly ResourceKind[] = [
  ...(['dataset', 'column', 'calculated field', 'recipient', 'board', 'trigger', 'slo'] as const),
];

export interface ColumnView {
  readonly type: 'string' | 'integer' | 'float' | 'boolean';
  readonly description: string;
}

export interface FieldView {
  readonly expression: string;
  readonly description: string;
}

export interface BoardView {
  readonly name: string;
  readonly description: string;
  readonly presetFilters: readonly { readonly column: string; readonly alias: string }[];
  /** By their ids; a panel that someone else put there is named for what it shows. */
  readonly panels: Readonly<Record<string, PanelView>>;
}

export type PanelView = QueryPanelView | TextPanelView;

export interface QueryPanelView {
  readonly type: 'query';
  readonly title: string;
  readonly about: string;
  readonly query: QuerySpec;
  readonly style: string;
  readonly charts: readonly ChartView[];
  readonly position: PanelPosition;
}

export interface TextPanelView {
  readonly type: 'text';
  readonly content: string;
  readonly position: PanelPosition;
}

export interface ChartView {
  readonly index: number;
  readonly type: string;
  readonly logScale: boolean;
  readonly thresholds: readonly {
    readonly value: number;
    readonly label: string;
    readonly color: string;
  }[];
}

export interface PanelPosition {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface TriggerView {
  readonly name: string;
  readonly description: string;
  readonly query: QuerySpec;
  readonly threshold: { readonly op: string; readonly value: number };
  readonly frequency: number;
  readonly alertType: string;
  readonly disabled: boolean;
  /** Keys of recipients, sorted. */
  readonly recipients: readonly string[];
}

export interface SloView {
  readonly name: string;
  readonly description: string;
  readonly sli: string;
  readonly targetPerMillion: number;
  readonly days: number;
}

/** Keys of tags are letters only; values letters, digits, `/` and `-`. */
export interface ResourceTag {
  readonly key: string;
  readonly value: string;
}

/** How our boards, triggers and SLOs are known among all others of the environment. */
export function ownerTags(dataset: string): ResourceTag[] {
  return [
    { key: 'managedby', value: 'tripmeter' },
    { key: 'dataset', value: tagValue(dataset) },
  ];
}

export function idTag(key: string): ResourceTag {
  return { key: 'id', value: tagValue(key) };
}

function tagValue(text: string): string {
  const allowed = text.toLowerCase().replace(/[^a-z0-9/-]+/g, '-');
  return /^[a-z][a-z0-9/-]+$/.test(allowed) ? allowed : `x-${allowed}`;
}
