import { median } from '../../core/forecast.ts';
import type { BacktestRow } from '../../core/forecast-backtest.ts';
import { isoInstant, measureText } from '../../core/measure-text.ts';
import type { EpochMicros } from '../../core/units.ts';
import { wallClockText } from '../../core/zoned-time.ts';
import { firstRequestAt } from '../../ledger/queries/facts-hours.ts';
import { alertBacktest } from '../../wiring/alert-backtest.ts';
import type { ReplayedNotice } from '../../wiring/alert-replay.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { type Reader, withReader } from '../open-reader.ts';
import { parseInstant } from '../parse-instant.ts';
import { tableText } from '../table.ts';

interface BacktestOptions {
  readonly from?: string;
  readonly to?: string;
  readonly json?: true;
}

/** What would have been told, when; and how far off the forecasts were. */
export const alertsBacktestCommand: CliCommand<BacktestOptions> = {
  name: 'alerts backtest',
  summary: 'what would have been told in a past period, and how good the forecast was',
  setUp: (command) =>
    command
      .option('--from <TIME>', 'default: the first request')
      .option('--to <TIME>', 'default: now')
      .option('--json', 'one JSON object'),
  run: (invocation) =>
    withReader(invocation, async (reader) => {
      const { options, context } = invocation;
      const { from, to } = await spanOf(reader, options, context);
      const { notices, forecast } = await alertBacktest(reader, { from, to });
      context.stdout(
        options.json
          ? `${JSON.stringify({ notices: notices.map(noticeView), forecast })}\n`
          : noticesText(notices, reader, context) + errorsText(forecast, context),
      );
      return EXIT.done;
    }),
};

/** As the API tells it. */
function noticeView(notice: ReplayedNotice) {
  return { ...notice, at: isoInstant(notice.at) };
}

interface Span {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

async function spanOf(
  { ledger, config }: Reader,
  options: BacktestOptions,
  { clock }: CliContext,
): Promise<Span> {
  const known = { now: clock.now(), zone: config.timezone };
  const to = parseInstant(options.to, '--to', known) ?? known.now;
  const from = parseInstant(options.from, '--from', known) ?? (await firstRequestAt(ledger.db));
  if (from === null) throw usageError('there is no request to test with');
  if (from >= to) throw usageError('--from must be before --to');
  return { from, to };
}

function noticesText(
  notices: readonly ReplayedNotice[],
  { config }: Reader,
  context: CliContext,
): string {
  if (notices.length === 0) return 'Nothing would have been told.\n\n';
  const rows = notices.map(({ at, severity, headline }) => [
    wallClockText(at, config.timezone),
    severity,
    headline,
  ]);
  const columns = [{ title: `AT (${config.timezone})` }, { title: 'SEVERITY' }, { title: 'WHAT' }];
  return `${tableText(columns, rows, context)}\n`;
}

function errorsText(forecast: readonly BacktestRow[], context: CliContext): string {
  if (forecast.length === 0) return 'No whole month on record: the forecast cannot be judged.\n';
  const rows = forecast.map((row) => [
    String(row.dayOfMonth),
    String(row.months),
    measureText(row.medianError, 'ratio'),
    row.medianLinearError === null ? '–' : measureText(row.medianLinearError, 'ratio'),
    measureText(row.inBand, 'ratio'),
  ]);
  const typical = (pick: (row: BacktestRow) => number | null) =>
    measureText(median(forecast.flatMap((row) => pick(row) ?? [])), 'ratio');
  const summary =
    `Over all days of the month: median error ${typical((row) => row.medianError)}, ` +
    `spend ÷ elapsed × length ${typical((row) => row.medianLinearError)}.\n\n`;
  const right = 'right' as const;
  const titles = ['DAYS PASSED', 'MONTHS', 'MEDIAN ERROR', 'SPEND ÷ ELAPSED', 'IN BAND'];
  const columns = titles.map((title) => ({ title, align: right }));
  return summary + tableText(columns, rows, context);
}
