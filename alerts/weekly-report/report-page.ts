import { type ChartPicture, renderCharts } from './render-charts.ts';
import type { Report } from './report.ts';
import { reportHtml } from './report-html.ts';

/** The report as a file that stands alone: the mail's HTML with its pictures inside. */
export function reportPage(report: Report): string {
  const sourceOf = ({ png }: ChartPicture) =>
    `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return reportHtml(report, { pictures: renderCharts(report), sourceOf });
}
