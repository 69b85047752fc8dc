import { usdString } from '../../core/units.ts';
import { createWhatIf, type WhatIfChange, type WhatIfResult } from '../../cost/what-if.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT, messageOf, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { dollars, quantity } from '../format.ts';
import { withReader } from '../open-reader.ts';
import { parseDuration } from '../parse-duration.ts';
import { parseInstant } from '../parse-instant.ts';
import { positiveInteger } from '../positive-integer.ts';
import { tableText } from '../table.ts';

interface WhatIfOptions {
  readonly scaledown?: number;
  readonly maxInputs?: number;
  readonly minContainers?: number;
  readonly gpu?: string;
  readonly speed?: number;
  readonly region?: string;
  readonly endpoint?: string;
  readonly since: string;
  readonly json?: true;
}

/** Replays the past under other settings; without any, finds the changes that would have saved most. */
export const whatIfCommand: CliCommand<WhatIfOptions> = {
  name: 'whatif',
  summary: 'what the past would have cost under other settings',
  setUp: (command) =>
    command
      .option('--scaledown <DURATION>', 'scaledown window: 120s, 5m', duration)
      .option('--max-inputs <N>', 'inputs a container', positiveInteger)
      .option('--min-containers <N>', 'standing containers', wholeNumber)
      .option('--gpu <NAME>', 'another GPU, such as H100 or L40S')
      .option('--speed <FACTOR>', 'how much faster that GPU is: 2 halves the time', factor)
      .option('--region <REGION>', 'region pin, or any')
      .option('--endpoint <NAME>', 'one endpoint only')
      .option('--since <TIME>', 'replay from here to now', '7d')
      .option('--json', 'one JSON object a line'),
  run: (invocation) =>
    withReader(invocation, async ({ config, ledger }) => {
      const { context, options } = invocation;
      const now = context.clock.now();
      const from = parseInstant(options.since, '--since', { now, zone: config.timezone }) ?? now;
      const priceBook = pricingOf(config, await observedPrices(ledger.db)).book;
      const whatIf = createWhatIf({ ledger, endpoints: config.endpoints, priceBook });
      const window = { from, to: now };
      const change = changeOf(options);
      const results =
        Object.keys(change).length === 0
          ? await whatIf.topSavings(window, 10)
          : await whatIf.run(window, change, options.endpoint).catch((error) => {
              throw error instanceof RangeError ? usageError(messageOf(error)) : error;
            });
      context.stdout(
        options.json
          ? results.map((result) => `${JSON.stringify(resultView(result))}\n`).join('')
          : resultsText(results, context),
      );
      return EXIT.done;
    }),
};

function changeOf(options: WhatIfOptions): WhatIfChange {
  const { scaledown, maxInputs, minContainers, gpu, speed, region } = options;
  return {
    ...(scaledown === undefined ? {} : { scaledownWindowUs: scaledown }),
    ...(maxInputs === undefined ? {} : { maxInputs }),
    ...(minContainers === undefined ? {} : { minContainers }),
    ...(gpu === undefined ? {} : { gpu }),
    ...(speed === undefined ? {} : { speedFactor: speed }),
    ...(region === undefined ? {} : { region }),
  };
}

function resultView(result: WhatIfResult) {
  const side = ({
    totalNano,
    busyNano,
    idleNano,
    coldNano,
    coldStarts,
  }: WhatIfResult['changed']) => ({
    usd: usdString(totalNano),
    busyUsd: usdString(busyNano),
    idleUsd: usdString(idleNano),
    coldUsd: usdString(coldNano),
    coldStarts,
  });
  return {
    endpoint: result.endpoint,
    change: result.change,
    requests: result.requests,
    asConfigured: side(result.asConfigured),
    changed: side(result.changed),
    savingUsd: usdString(result.savingNano),
    savingPerMonthUsd: usdString(result.savingPerMonthNano),
    coldStartSeconds: result.coldStartUs === null ? null : result.coldStartUs / 1e6,
  };
}

function resultsText(results: readonly WhatIfResult[], context: CliContext): string {
  if (results.length === 0) return 'No change of these settings would have saved anything.\n';
  const right = (title: string) => ({ title, align: 'right' as const });
  const table = tableText(
    [
      ...[{ title: 'ENDPOINT' }, { title: 'CHANGE' }, right('REQUESTS'), right('AS IT WAS')],
      ...[right('CHANGED'), right('SAVES A MONTH'), right('COLD STARTS')],
    ],
    results.map((result) => [
      result.endpoint,
      changeText(result.change),
      quantity(result.requests),
      dollars(result.asConfigured.totalNano),
      dollars(result.changed.totalNano),
      dollars(result.savingPerMonthNano),
      `${quantity(result.asConfigured.coldStarts)} → ${quantity(result.changed.coldStarts)}`,
    ]),
    context,
  );
  const unknown = results.some((result) => result.coldStartUs === null)
    ? '\nHow long a cold start takes is not known (no container says so): its price is in neither column.\n'
    : '';
  return `${table}${unknown}`;
}

function changeText(change: WhatIfChange): string {
  const { scaledownWindowUs, ...rest } = change;
  const window = scaledownWindowUs === undefined ? [] : [`scaledown ${scaledownWindowUs / 1e6} s`];
  return [...window, ...Object.entries(rest).map(([name, value]) => `${name} ${value}`)].join(', ');
}

function duration(text: string): number {
  return parseDuration(text, '--scaledown');
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw usageError(`${JSON.stringify(text)} is no whole number`);
  return Number(text);
}

function factor(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw usageError(`${JSON.stringify(text)} is no factor; write 1.5`);
  return value;
}
