/**
 * `npm run bench -- report [requests] [hours]`: the weekly report over the roll-ups of ten million requests in a
 * year of hours, with a last week of single requests for the replays that look for savings.
 */
import { statSync } from 'node:fs';
import { buildReport } from '../../alerts/weekly-report/build-report.ts';
import { renderCharts } from '../../alerts/weekly-report/render-charts.ts';
import { reportCsv } from '../../alerts/weekly-report/report-csv.ts';
import { reportHtml } from '../../alerts/weekly-report/report-html.ts';
import { composeReport } from '../../alerts/weekly-report/report-mail.ts';
import { reportText } from '../../alerts/weekly-report/report-text.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import { recorderBeside } from '../../src/wiring/alert-recorder.ts';
import { reportFactsOf } from '../../src/wiring/report-facts-of.ts';
import { reportPeriod, reportsOf } from '../../src/wiring/reports-of.ts';
import { timedRounds } from '../support/bench/timed-rounds.ts';
import { createReportBench, type ReportBench } from '../support/report/report-bench.ts';
import { sampleHistory } from '../support/report/sample-history.ts';
import { instant, SAMPLE_NOW } from '../support/report/sample-report.ts';
import { writeHistory } from '../support/timeline/history-file.ts';

const ROUNDS = 11;
const GOAL_MS = 1_000;
const LABEL = '2026-W47';
const END = instant('2026-11-23T00:00:00Z');
const PARTIES = { from: 'tripmeter <meter@example.com>', to: 'founder@example.com' };
/** More than 20,000 requests of the last week: as many as are replayed, and a few more. */
const PACE = 8;

async function main(): Promise<void> {
  const requests = Number(process.argv[2] ?? 10_000_000);
  const hours = Number(process.argv[3] ?? 365 * 24);
  const bench = await createReportBench();
  try {
    const { ledger: place } = bench.config;
    if (place.kind !== 'sqlite') throw new Error('the bench writes a SQLite file');
    const rows = await writeHistory(place.file, { until: END - 1, hours, requests });
    const week = sampleHistory({ from: END - 7 * MICROS_PER_DAY, to: END, pace: PACE }).requests;
    await bench.fill(week, END + 1_800_000_000);
    const mib = Math.round(statSync(place.file).size / 1024 ** 2);
    console.log(
      `${count(requests)} requests in ${count(hours)} hours: ${count(rows)} rows of roll-ups, ` +
        `${count(week.length)} single requests, ${mib} MiB`,
    );
    await measure(bench);
  } finally {
    await bench.close();
  }
}

async function measure({ ledger, config }: ReportBench): Promise<void> {
  const recorder = recorderBeside({ ledger, collectors: [] });
  const sources = { ledger, config, recorder };
  const order = { ...reportPeriod(LABEL, config.timezone), now: SAMPLE_NOW, late: false };
  const facts = await reportFactsOf(sources, order);
  const report = buildReport(facts, config.alerts);
  const pictures = renderCharts(report);
  const whole = async () =>
    composeReport(
      await reportsOf(sources).make({ label: LABEL, now: SAMPLE_NOW, late: false }),
      PARTIES,
    );
  await timed('facts from the ledger, replays', () => reportFactsOf(sources, order));
  await timed('the report from its facts', async () => buildReport(facts, config.alerts));
  await timed('charts as PNG', async () => renderCharts(report));
  await timed('HTML, text, CSV', async () => [
    reportHtml(report, { pictures, sourceOf: ({ id }) => `cid:${id}` }),
    reportText(report),
    reportCsv(report),
  ]);
  const medianMs = await timed('the whole, to the .eml', whole);
  console.log(`goal ${count(GOAL_MS)} ms: ${medianMs < GOAL_MS ? 'met' : 'MISSED'}`);
}

async function timed(part: string, work: () => Promise<unknown>): Promise<number> {
  const { medianMs, firstMs, worstMs, cpuMs } = await timedRounds(ROUNDS, work);
  const ms = (value: number) => `${value.toFixed(1).padStart(7)} ms`;
  console.log(
    `${part.padEnd(32)} median ${ms(medianMs)}, first ${ms(firstMs)}, worst ${ms(worstMs)}, ` +
      `processor ${ms(cpuMs)}`,
  );
  return medianMs;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

await main();
