import { existsSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { isoInstant } from '../../core/measure-text.ts';
import type { ListPrices } from '../../core/price-book/list-prices.ts';
import type { PriceEntry } from '../../core/price-book/price-entry.ts';
import type { EpochMicros } from '../../core/units.ts';
import { openLedger } from '../../ledger/open-ledger.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { configOf } from '../open-reader.ts';
import { type Column, tableText } from '../table.ts';

/** The price book: what each second, region and token costs, since when, and whose figure it is. */
export const pricesCommand: CliCommand<{ readonly json?: true }> = {
  name: 'prices',
  summary: 'prices by resource, region and model, with their sources',
  setUp: (command) => command.option('--json', 'one JSON object'),
  run: async (invocation) => {
    const { options, context } = invocation;
    const config = configOf(invocation);
    const { entries } = pricingOf(config, await storedPrices(config)).book;
    context.stdout(
      options.json ? `${JSON.stringify(pricesView(entries))}\n` : pricesText(entries, context),
    );
    return EXIT.done;
  },
};

/** What Modal's own rates have said, where there is a ledger that heard them. */
async function storedPrices({ ledger }: Config): Promise<PriceEntry[]> {
  if (ledger.kind === 'sqlite' && !existsSync(ledger.file)) return [];
  const reader = await openLedger({ ...ledger, readOnly: true });
  try {
    return await observedPrices(reader.db);
  } finally {
    await reader.close();
  }
}

const PICO_PER_USD = 1e12;
const SECONDS_PER_HOUR = 3_600;

function pricesView({ prices, regions, tokens }: ListPrices) {
  return {
    prices: prices.map((entry) => ({
      resource: entry.resource,
      gpu: entry.gpu,
      usdPerSecond: usdOfPico(entry.picoUsdPerSecond),
      usdPerHour: usdOfPico(entry.picoUsdPerSecond * SECONDS_PER_HOUR),
      effectiveFrom: isoInstant(entry.effectiveFrom),
      source: entry.source,
    })),
    regions: regions.map((entry) => ({
      region: entry.region,
      multiplier: entry.thousandths / 1_000,
      effectiveFrom: isoInstant(entry.effectiveFrom),
      source: entry.source,
    })),
    tokens: tokens.map((entry) => ({
      model: entry.model,
      inputUsd: usdOfPico(entry.inputPicoUsd),
      cachedUsd: usdOfPico(entry.cachedPicoUsd),
      outputUsd: usdOfPico(entry.outputPicoUsd),
      effectiveFrom: isoInstant(entry.effectiveFrom),
      source: entry.source,
    })),
  };
}

/** Exact decimal string of dollars, twelve digits after the point. */
function usdOfPico(pico: number): string {
  const digits = String(pico).padStart(13, '0');
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`;
}

const END: readonly Column[] = [
  { title: 'SINCE', optional: true },
  { title: 'SOURCE', optional: true },
];

function pricesText({ prices, regions, tokens }: ListPrices, context: CliContext): string {
  const right = (title: string): Column => ({ title, align: 'right' });
  const end = (entry: { effectiveFrom: EpochMicros; source: string }) => [
    sinceText(entry.effectiveFrom),
    entry.source,
  ];
  const perHour = tableText(
    [{ title: 'RESOURCE' }, right('USD/HOUR'), right('USD/SECOND'), ...END],
    prices.map((entry) => [
      entry.gpu ?? (entry.resource === 'cpu' ? 'CPU, core' : 'memory, GiB'),
      ((entry.picoUsdPerSecond * SECONDS_PER_HOUR) / PICO_PER_USD).toFixed(4),
      (entry.picoUsdPerSecond / PICO_PER_USD).toFixed(8),
      ...end(entry),
    ]),
    context,
  );
  const factors = tableText(
    [{ title: 'REGION' }, right('FACTOR'), ...END],
    regions.map((entry) => [entry.region, `×${entry.thousandths / 1_000}`, ...end(entry)]),
    context,
  );
  const million = (pico: number) => (pico / 1e6).toFixed(2);
  const perToken = tableText(
    [{ title: 'MODEL, USD/M TOKENS' }, ...['IN', 'CACHED', 'OUT'].map(right), ...END],
    tokens.map((entry) => [
      entry.model,
      million(entry.inputPicoUsd),
      million(entry.cachedPicoUsd),
      million(entry.outputPicoUsd),
      ...end(entry),
    ]),
    context,
  );
  return [perHour, factors, perToken].join('\n');
}

function sinceText(at: EpochMicros): string {
  return at <= 0 ? 'always' : isoInstant(at).slice(0, 10);
}
