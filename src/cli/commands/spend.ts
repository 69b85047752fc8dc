import { Option } from 'commander';
import type { ZonedWindow } from '../../core/zoned-time.ts';
import { COST_DIMENSIONS, type CostDimension } from '../../ledger/queries/cost.ts';
import type { Spend } from '../../ledger/queries/spend.ts';
import {
  type EndpointSpend,
  type PeriodSpend,
  readSpend,
  SPEND_LINES,
  spendView,
} from '../../status/spend-view.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted, dollars, gpuTime, quantity } from '../format.ts';
import { type Reader, withReader } from '../open-reader.ts';
import { periodOf } from '../period.ts';
import { positiveInteger } from '../positive-integer.ts';
import { tableText } from '../table.ts';

interface SpendOptions {
  readonly month?: string;
  readonly by?: CostDimension;
  readonly limit: number;
  readonly json?: true;
}

/** Dollars of a month, where they went, and what of them is not settled yet. */
export const spendCommand: CliCommand<SpendOptions> = {
  name: 'spend',
  summary: 'dollars of a month, and where they went',
  setUp: (command) =>
    command
      .option(
        '--month <MONTH>',
        'a month 2026-11, or another period: 2026-W47, 2026-11-24, 2026-Q4',
      )
      .addOption(
        new Option(
          '--by <WHAT>',
          'what requests cost by endpoint, operation, client or group',
        ).choices([...COST_DIMENSIONS]),
      )
      .option('--limit <N>', 'with --by: at most so many, the dearest first', positiveInteger, 20)
      .option('--json', 'one JSON object'),
  run: (invocation) => {
    const { options, context } = invocation;
    const spend = async ({ ledger, config }: Reader, window: ZonedWindow) => {
      const zone = config.timezone;
      const { by, limit } = options;
      const breakdown = by === undefined ? null : { by, limit };
      const period = await readSpend(ledger, { window, zone, breakdown });
      context.stdout(
        options.json
          ? `${JSON.stringify(spendView(period))}\n`
          : `${window.label} (${zone})\n\n${periodText(period, context)}`,
      );
      return EXIT.done;
    };
    return withReader(invocation, spend, ({ timezone }) =>
      periodOf(options.month, context, timezone),
    );
  },
};

function periodText({ spend, endpoints, costs }: PeriodSpend, context: CliContext): string {
  const details = costs === null ? endpointsText(endpoints, context) : costsText(costs, context);
  return spendText(spend, context) + details;
}

function costsText(
  { by, total, rows }: NonNullable<PeriodSpend['costs']>,
  context: CliContext,
): string {
  const shown = [...rows, { ...total, name: 'all requests' }];
  const right = (title: string) => ({ title, align: 'right' as const });
  const table = tableText(
    [
      { title: by.toUpperCase(), max: 40 },
      ...['REQUESTS', 'USD', 'USD/REQUEST', 'USD/SUCCESS'].map(right),
      { ...right('OF IT FAILED'), optional: true },
      { ...right('OVERHEAD'), optional: true },
    ],
    shown.map((row) => [
      row.name ?? `(no ${by})`,
      quantity(row.requests),
      dollars(row.totalNano),
      dollars(row.requests === 0 ? null : Math.round(row.totalNano / row.requests)),
      dollars(row.perSuccessNano),
      dollars(row.failedNano),
      dollars(row.overheadNano),
    ]),
    context,
  );
  const open =
    total.provisional === 0
      ? ''
      : `\n${counted(total.provisional, 'request')} still without a share of idle time.\n`;
  return `\n${table}${open}`;
}

function spendText(spend: Spend, context: CliContext): string {
  const rows = SPEND_LINES.filter(({ key }) => spend.lines[key] !== 0).map(
    ({ key, name, meaning }) => [name, dollars(spend.lines[key]), meaning],
  );
  rows.push([
    'not settled',
    dollars(spend.provisionalNano),
    'finished requests that `settle` has not seen yet',
  ]);
  rows.push(['total', dollars(spend.totalNano), totalMeaning(spend)]);
  const columns = [
    { title: 'LINE' },
    { title: 'USD', align: 'right' as const },
    { title: 'MEANING', optional: true },
  ];
  const unpriced =
    spend.unpriced === 0
      ? ''
      : `\n${counted(spend.unpriced, 'request')} without a price: the total is a lower bound. ` +
        'Name their GPU in the configuration.\n';
  return `${tableText(columns, rows, context)}${unpriced}`;
}

function totalMeaning({ lowNano, highNano, billedNano, gpuUs }: Spend): string {
  const billed = billedNano === null ? 'no bill yet' : `${dollars(billedNano)} of it billed`;
  const range = highNano > 0 ? `${dollars(lowNano)} to ${dollars(highNano)} by the model, ` : '';
  return `${range}${billed}${gpuUs === 0 ? '' : `, ${gpuTime(gpuUs)}`}`;
}

function endpointsText(endpoints: readonly EndpointSpend[], context: CliContext): string {
  if (endpoints.length === 0) return '';
  const rows = endpoints.map((each) => [
    each.endpoint ?? '(not of an endpoint)',
    dollars(each.effectiveNano),
    gpuTime(each.gpuUs),
  ]);
  const columns = [
    { title: 'ENDPOINT', max: 40 },
    { title: 'USD', align: 'right' as const },
    { title: 'GPU TIME', align: 'right' as const },
  ];
  return `\n${tableText(columns, rows, context)}`;
}
