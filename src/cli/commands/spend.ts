import { isoInstant } from '../../core/measure-text.ts';
import { MICROS_PER_SECOND, usdString } from '../../core/units.ts';
import type { ZonedWindow } from '../../core/zoned-time.ts';
import {
  type SettledSpend,
  type Spend,
  type SpendLines,
  spendByEndpoint,
  spendOf,
} from '../../ledger/queries/spend.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted, dollars, gpuTime } from '../format.ts';
import { withReader } from '../open-reader.ts';
import { periodOf } from '../period.ts';
import { tableText } from '../table.ts';

interface SpendOptions {
  readonly month?: string;
  readonly json?: true;
}

type EndpointSpend = SettledSpend & { readonly endpoint: string | null };

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
      .option('--json', 'one JSON object'),
  run: (invocation) =>
    withReader(invocation, async ({ ledger, config }) => {
      const { options, context } = invocation;
      const window = periodOf(options.month, context, config.timezone);
      const period = { from: window.start, to: window.end };
      const spend = await spendOf(ledger.db, period);
      const endpoints = await spendByEndpoint(ledger.db, period);
      context.stdout(
        options.json
          ? `${JSON.stringify(spendView(spend, endpoints, { window, zone: config.timezone }))}\n`
          : `${window.label} (${config.timezone})\n\n${spendText(spend, context)}` +
              endpointsText(endpoints, context),
      );
      return EXIT.done;
    }),
};

function spendView(
  spend: Spend,
  endpoints: readonly EndpointSpend[],
  { window, zone }: { readonly window: ZonedWindow; readonly zone: string },
) {
  return {
    month: window.label,
    timezone: zone,
    from: isoInstant(window.start),
    to: isoInstant(window.end),
    usd: usdString(spend.totalNano),
    provisionalUsd: usdString(spend.provisionalNano),
    ...settledView(spend),
    endpoints: endpoints.map((each) => ({
      endpoint: each.endpoint,
      usd: usdString(each.effectiveNano),
      ...settledView(each),
    })),
  };
}

function settledView(spend: SettledSpend) {
  const { lines } = spend;
  return {
    effectiveUsd: usdString(spend.effectiveNano),
    modelledUsd: usdString(spend.modelledNano),
    billedUsd: spend.billedNano === null ? null : usdString(spend.billedNano),
    lowUsd: usdString(spend.lowNano),
    highUsd: usdString(spend.highNano),
    lines: Object.fromEntries(
      LINES.map(({ key, name }) => [`${name}Usd`, usdString(lines[key])]),
    ) as Record<string, string>,
    gpuSeconds: spend.gpuUs / MICROS_PER_SECOND,
    unpriced: spend.unpriced,
  };
}

interface SpendLine {
  readonly key: keyof SpendLines;
  readonly name: string;
  readonly meaning: string;
}

const LINES: readonly SpendLine[] = [
  { key: 'busyNano', name: 'busy', meaning: 'requests that succeeded' },
  { key: 'failedNano', name: 'failed', meaning: 'requests that failed' },
  { key: 'coldNano', name: 'cold', meaning: 'cold starts' },
  { key: 'idleNano', name: 'idle', meaning: 'containers waiting for requests' },
  { key: 'standingNano', name: 'standing', meaning: 'minContainers kept warm' },
  { key: 'tokensNano', name: 'tokens', meaning: 'endpoints billed by tokens' },
  { key: 'residualNano', name: 'residual', meaning: 'billed beyond the model' },
];

function spendText(spend: Spend, context: CliContext): string {
  const rows = LINES.filter(({ key }) => spend.lines[key] !== 0).map(({ key, name, meaning }) => [
    name,
    dollars(spend.lines[key]),
    meaning,
  ]);
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
