import { createReportBench, type ReportBench } from './report-bench.ts';
import { type SampleSpan, sampleHistory } from './sample-history.ts';

export const instant = (iso: string) => Date.parse(iso) * 1_000;

/** The Monday morning after the sample's last week. */
export const SAMPLE_NOW = instant('2026-11-23T09:00:00Z');

/** Six weeks of a small product up to 2026-W47, with an outage on its Wednesday. */
export const SAMPLE_SPAN: SampleSpan = {
  from: instant('2026-10-12T00:00:00Z'),
  to: instant('2026-11-23T00:00:00Z'),
  outage: { from: instant('2026-11-18T10:00:00Z'), to: instant('2026-11-18T12:30:00Z') },
  pace: 0.3,
};

export async function sampleReportBench(
  settings: object = {},
  span: SampleSpan = SAMPLE_SPAN,
): Promise<ReportBench> {
  const bench = await createReportBench(settings);
  await bench.fill(sampleHistory(span).requests, span.to + 1_800_000_000);
  return bench;
}
