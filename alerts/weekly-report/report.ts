import type { LatencyChartData } from '../../dashboards/charts/latency-chart.ts';
import type { MoneyChartData } from '../../dashboards/charts/money-chart.ts';
import type { ProjectionChartData } from '../../dashboards/charts/projection-chart.ts';
import type { RequestsChartData } from '../../dashboards/charts/requests-chart.ts';
import type { SpendChartData } from '../../dashboards/charts/spend-chart.ts';
import type { TriggerRow } from '../../dashboards/charts/trigger-chart.ts';
import type { EpochMicros, Micros, NanoUsd } from '../../src/core/units.ts';
import type { Unit } from '../../src/core/verdict.ts';
import type { ZonedWindow } from '../../src/core/zoned-time.ts';
import type { Recommendation } from '../decision/decision.ts';

/**
 * The report as one plain value: mail, page, text, CSV and API are dressings of it, so that they cannot differ.
 * It can be kept as JSON and shown again as it was.
 */
export interface Report {
  readonly kind: ReportKind;
  readonly period: ZonedWindow;
  readonly zone: string;
  /** What is known of the period ends here: its end, or now while it lasts. */
  readonly asOf: EpochMicros;
  readonly generatedAt: EpochMicros;
  /** It should have been sent earlier: the service was down. */
  readonly late: boolean;
  readonly verdict: ReportVerdict;
  /** The few figures that are read first. */
  readonly keyFigures: readonly KeyFigure[];
  /** What asks for a person, most urgent first; then what to change. */
  readonly actions: readonly Action[];
  readonly sections: readonly Section[];
  readonly charts: ReportCharts;
  /** For the daily CSV. */
  readonly days: readonly DailyRow[];
}

/** One day of the period. */
export interface DailyRow {
  readonly label: string;
  readonly day: ZonedWindow;
  readonly requests: number;
  readonly successes: number;
  readonly bytesOut: number;
  /** Of the hours that are settled. */
  readonly spendNano: NanoUsd;
  readonly busyNano: NanoUsd;
  readonly coldNano: NanoUsd;
  readonly idleNano: NanoUsd;
  readonly p50Us: Micros | null;
  readonly p95Us: Micros | null;
}

export type ReportKind = 'weekly' | 'checkpoint';

export interface ReportVerdict {
  readonly recommendation: Recommendation;
  /** `STAY ON MODAL`. */
  readonly title: string;
  /** `1 of 5 triggers met, go/no-go 2 of 5.` */
  readonly line: string;
  readonly why: readonly string[];
  readonly triggersMet: number;
  readonly triggers: number;
  readonly conditionsHeld: number;
  readonly conditions: number;
}

export interface KeyFigure {
  readonly label: string;
  readonly figure: Cell;
  /** Beneath it: the change, or what it is measured against. */
  readonly note: string;
}

export interface Action {
  readonly kind: 'alarm' | 'change' | 'look';
  readonly text: string;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly sentences: readonly string[];
  readonly chart: ChartId | null;
  readonly tables: readonly ReportTable[];
}

export interface ReportTable {
  readonly id: string;
  /** What the table is, for whoever hears it. */
  readonly caption: string;
  readonly columns: readonly string[];
  /** The first cell names the row. */
  readonly rows: readonly (readonly Cell[])[];
}

/** Words, or a figure: its exact value in base units, and how people read it. */
export type Cell =
  | { readonly text: string }
  | { readonly text: string; readonly value: number | null; readonly unit: Unit };

export type ChartId = 'spend' | 'triggers' | 'requests' | 'latency' | 'money' | 'projection';

/** What the charts are drawn from. */
export interface ReportCharts {
  readonly spend: SpendChartData;
  readonly triggers: readonly TriggerRow[];
  readonly requests: RequestsChartData;
  readonly latency: LatencyChartData;
  readonly money: MoneyChartData;
  readonly projection: ProjectionChartData;
}
