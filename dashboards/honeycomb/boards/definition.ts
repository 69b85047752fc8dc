import type { AttributeName } from '../../../src/core/telemetry-attributes.ts';

/** A board as a person reviews it: what it asks, of which columns, and why. No ids, no positions. */
export interface BoardDefinition {
  /** Names the board for ever; the title may change. */
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly presetFilters: readonly { readonly column: AttributeName; readonly alias: string }[];
  readonly panels: readonly PanelDefinition[];
}

export type PanelDefinition = QueryPanelDefinition | TextPanelDefinition;

export interface QueryPanelDefinition {
  readonly kind: 'query';
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly size: PanelSize;
  readonly style: 'graph' | 'table' | 'combo';
  readonly query: QueryDefinition;
  /** One for each calculation, in their order. */
  readonly charts?: readonly ChartDefinition[];
  /** The same figure out of `/metrics`, for Grafana; absent where a metric cannot tell it. */
  readonly metrics?: MetricPanelDefinition;
}

export interface TextPanelDefinition {
  readonly kind: 'text';
  readonly id: string;
  readonly size: PanelSize;
  readonly markdown: string;
}

/** In a grid of twelve columns. */
export interface PanelSize {
  readonly width: number;
  readonly height: number;
}

/** A column: an attribute, a calculated field, or one that Honeycomb derives itself. */
export type ColumnName = AttributeName | CalculatedFieldName | 'duration_ms' | 'name' | 'error';

export const CALCULATED_FIELD_NAMES = [
  'tripmeter.failed',
  'tripmeter.failed_paid_usd',
  'tripmeter.tokens_per_second',
  'tripmeter.wait_ms',
  'tripmeter.sli_answered',
] as const;
export type CalculatedFieldName = (typeof CALCULATED_FIELD_NAMES)[number];

export interface QueryDefinition {
  readonly calculations: readonly CalculationDefinition[];
  readonly filters: readonly FilterDefinition[];
  readonly breakdowns?: readonly ColumnName[];
  /** Which calculation sorts the table, largest first. */
  readonly orderBy?: CalculationDefinition;
  readonly limit?: number;
  readonly timeRangeSeconds: number;
  readonly granularitySeconds?: number;
}

export interface CalculationDefinition {
  readonly op: CalculationOp;
  /** Absent for COUNT and CONCURRENCY. */
  readonly column?: ColumnName;
}

export type CalculationOp =
  | ('COUNT' | 'SUM' | 'AVG' | 'MAX' | 'MIN' | 'COUNT_DISTINCT' | 'CONCURRENCY' | 'HEATMAP')
  | ('P50' | 'P90' | 'P95' | 'P99' | 'RATE_SUM');

export interface FilterDefinition {
  readonly column: ColumnName;
  readonly op: '=' | '!=' | '>' | '>=' | '<' | '<=' | 'exists' | 'does-not-exist' | 'in';
  readonly value?: string | number | boolean | readonly string[];
}

export interface ChartDefinition {
  readonly type: 'default' | 'line' | 'stacked' | 'stat' | 'tsbar';
  readonly logScale?: boolean;
  readonly thresholds?: readonly ThresholdDefinition[];
}

export interface ThresholdDefinition {
  readonly value: number;
  readonly label: string;
  readonly color: 'red' | 'yellow' | 'blue' | 'green' | 'purple';
}

export interface MetricPanelDefinition {
  readonly unit: 'short' | 'currencyUSD' | 's' | 'bytes' | 'percentunit' | 'reqps';
  readonly chart: 'timeseries' | 'stat';
  readonly queries: readonly { readonly expression: string; readonly legend: string }[];
}

export interface CalculatedFieldDefinition {
  readonly alias: CalculatedFieldName;
  readonly expression: string;
  readonly about: string;
}

export interface TriggerDefinition {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly query: QueryDefinition;
  readonly threshold: { readonly op: '>' | '>=' | '<' | '<='; readonly value: number };
  readonly frequencySeconds: number;
}

export interface SloDefinition {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly sli: CalculatedFieldName;
  readonly targetPerMillion: number;
  readonly days: number;
}
