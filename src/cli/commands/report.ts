import { writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { Report } from '../../../alerts/weekly-report/report.ts';
import { reportCsv } from '../../../alerts/weekly-report/report-csv.ts';
import { composeReport } from '../../../alerts/weekly-report/report-mail.ts';
import { reportPage } from '../../../alerts/weekly-report/report-page.ts';
import { reportText } from '../../../alerts/weekly-report/report-text.ts';
import { reportView } from '../../../alerts/weekly-report/report-view.ts';
import type { Config } from '../../config/config.ts';
import { weekWindow, windowBefore } from '../../core/zoned-time.ts';
import { firstRequestAt } from '../../ledger/queries/facts-hours.ts';
import { recorderBeside, watchedCollectors } from '../../wiring/alert-recorder.ts';
import { reportSender, senderOf } from '../../wiring/report-sender.ts';
import { type Reports, reportsOf } from '../../wiring/reports-of.ts';
import { CliError, EXIT, type ExitCode, messageOf, usageError } from '../cli-error.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { type Reader, withReader } from '../open-reader.ts';

interface ReportOptions {
  readonly week?: string;
  readonly quarter?: string;
  readonly out?: string;
  readonly send?: true;
  readonly fresh?: true;
  readonly json?: true;
}

/** The weekly report, or a quarter's: on the terminal, as a file, as a mail. */
export const reportCommand: CliCommand<ReportOptions> = {
  name: 'report',
  summary: 'the weekly report: stay or move, why, what it cost, what to change',
  setUp: (command) =>
    command
      .option('--week <WEEK>', 'ISO week 2026-W47; default: the newest that has ended')
      .option('--quarter <QUARTER>', "a quarter's checkpoint: 2026-Q4")
      .option('--out <FILE>', 'write FILE.html, .txt, .eml, .csv or .json instead of printing')
      .option('--send', 'send it now to the recipients of the configuration')
      .option('--fresh', 'from the record of today, even if another one was sent')
      .option('--json', 'one JSON object: the same as /api/v1/reports/WEEK'),
  run: (invocation) =>
    withReader(invocation, async (reader) => {
      const { options, context } = invocation;
      if (options.week !== undefined && options.quarter !== undefined) {
        throw usageError('--week and --quarter exclude each other; choose one');
      }
      const render = renderOf(options);
      const report = await readReport(invocation, reader);
      if (options.out !== undefined) {
        writeOut(resolve(context.workingDir, options.out), await render(report, reader.config));
        context.stderr(`Wrote ${options.out}\n`);
      }
      if (options.send) return send(invocation, reader, report);
      if (options.out === undefined) {
        context.stdout(
          options.json ? `${JSON.stringify(reportView(report))}\n` : reportText(report),
        );
      }
      return EXIT.done;
    }),
};

type Render = (
  report: Report,
  config: Config,
) => string | Uint8Array | Promise<string | Uint8Array>;

const RENDER: Readonly<Record<string, Render>> = {
  '.html': reportPage,
  '.txt': reportText,
  '.csv': reportCsv,
  '.json': (report) => `${JSON.stringify(reportView(report))}\n`,
  '.eml': (report, config) => composeReport(report, senderOf(config)),
};

function renderOf({ out }: ReportOptions): Render {
  const render = out === undefined ? reportText : RENDER[extname(out).toLowerCase()];
  if (render !== undefined) return render;
  throw usageError(`--out ${JSON.stringify(out)}; end it in ${Object.keys(RENDER).join(', ')}`);
}

async function readReport(
  { options, context }: Invocation<ReportOptions>,
  { config, ledger }: Reader,
): Promise<Report> {
  const recorder = recorderBeside({ ledger, collectors: watchedCollectors(config) });
  const reports = reportsOf({ ledger, config, recorder });
  const now = context.clock.now();
  const label = options.week ?? options.quarter ?? (await defaultWeek({ config, ledger }, now));
  try {
    return await orderOf(reports, options, { label, now });
  } catch (error) {
    if (error instanceof RangeError) throw usageError(messageOf(error));
    throw error;
  }
}

function orderOf(
  reports: Reports,
  { fresh }: ReportOptions,
  { label, now }: { readonly label: string; readonly now: number },
): Promise<Report> {
  return fresh ? reports.make({ label, now, late: false }) : reports.read(label, now);
}

/** The newest week that has ended; while nothing is older than this week, this one so far. */
async function defaultWeek({ config, ledger }: Reader, now: number): Promise<string> {
  const week = weekWindow(now, config.timezone);
  const first = await firstRequestAt(ledger.db);
  return first === null || first >= week.start
    ? week.label
    : windowBefore(week, config.timezone).label;
}

function writeOut(file: string, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new CliError(`cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** One mail to each recipient, now, beside the schedule. A copy that the service sends as well has the same Message-ID. */
async function send(
  { context }: Invocation<ReportOptions>,
  { config }: Reader,
  report: Report,
): Promise<ExitCode> {
  const sender = reportSender(config);
  if (sender === null) {
    throw new CliError('there is nobody to send to; add channels.email to the configuration');
  }
  let failed = 0;
  for (const to of sender.recipients) {
    const result = await sender.send(report, to);
    if (!result.ok) failed += 1;
    context.stderr(result.ok ? `Sent to ${to}\n` : `Not sent to ${to}: ${result.error}\n`);
  }
  return failed === 0 ? EXIT.done : EXIT.failed;
}
