import type { Chart, ChartFrame } from '../../dashboards/charts/chart.ts';
import { type ChartTheme, MAIL_THEME } from '../../dashboards/charts/chart-theme.ts';
import { latencyChart } from '../../dashboards/charts/latency-chart.ts';
import { moneyChart } from '../../dashboards/charts/money-chart.ts';
import { chartPng } from '../../dashboards/charts/png.ts';
import { projectionChart } from '../../dashboards/charts/projection-chart.ts';
import { requestsChart } from '../../dashboards/charts/requests-chart.ts';
import { spendChart } from '../../dashboards/charts/spend-chart.ts';
import { triggerChart } from '../../dashboards/charts/trigger-chart.ts';
import type { ChartId, Report, ReportCharts } from './report.ts';

/** A chart of a report as a picture for mail readers. */
export interface ChartPicture {
  readonly id: ChartId;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

/** Narrow enough that its text can still be read when a telephone shows it smaller. */
const WIDTH = 520;

/** The charts that the report's sections show, in their order. */
export function renderCharts(report: Report, theme: ChartTheme = MAIL_THEME): ChartPicture[] {
  return report.sections.flatMap(({ chart: id }) => {
    if (id === null) return [];
    const chart = DRAW[id](report.charts, { id: `chart-${id}`, width: WIDTH, theme });
    const { alt, width, height } = chart;
    return [{ id, alt, width, height, png: chartPng(chart) }];
  });
}

const DRAW: Readonly<Record<ChartId, (charts: ReportCharts, frame: ChartFrame) => Chart>> = {
  spend: (charts, frame) => spendChart(charts.spend, frame),
  triggers: (charts, frame) => triggerChart(charts.triggers, frame),
  requests: (charts, frame) => requestsChart(charts.requests, frame),
  latency: (charts, frame) => latencyChart(charts.latency, frame),
  money: (charts, frame) => moneyChart(charts.money, frame),
  projection: (charts, frame) => projectionChart(charts.projection, frame),
};
