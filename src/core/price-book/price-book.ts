import type { EndpointSettings } from '../endpoint.ts';
import type { EpochMicros, PicoUsdPerSecond } from '../units.ts';
import { parseGpu } from './gpu-name.ts';
import { LIST_PRICES, type ListPrices, NON_PREEMPTIBLE_FACTOR } from './list-prices.ts';
import {
  inForceAt,
  type PriceEntry,
  type RegionPriceEntry,
  type TokenPriceEntry,
} from './price-entry.ts';
import { type ContainerRate, priceIdOf } from './price-id.ts';
import { regionClassOf, regionNames } from './region-class.ts';
import { modelKeyOf } from './token-price.ts';

/** What of an endpoint sets its price. */
export type PricedSettings = Pick<
  EndpointSettings,
  'gpu' | 'gpuCount' | 'cpuCores' | 'memoryGiB' | 'region' | 'nonPreemptible'
>;

/** Every price by resource and date. Unknown is `null`, never 0. */
export interface PriceBook {
  /** What one second of the endpoint's container costs at `at`; `null` when its GPU has no price. */
  containerRate(settings: PricedSettings, at: EpochMicros): ContainerRate | null;
  /** Price of a shared endpoint's model, `null` when the model is unknown. */
  tokenPrice(model: string | null, at: EpochMicros): TokenPriceEntry | null;
  /** Factor on the whole container in thousandths, with the source of the figure. */
  regionMultiplier(region: string, at: EpochMicros): RegionPriceEntry;
  /** Price of one GPU, core or GiB. */
  unitPrice(
    resource: PriceEntry['resource'],
    gpu: string | null,
    at: EpochMicros,
  ): PriceEntry | null;
  /** Every entry, for display: configured ones first. */
  readonly entries: ListPrices;
}

/** Prices from elsewhere. */
export interface PriceBookSources {
  /** From the configuration: they win over every other from their date on. */
  readonly configured?: Partial<ListPrices>;
  /** Read from Modal's rates: they join the shipped list by date. */
  readonly observed?: readonly PriceEntry[];
}

const NO_PIN: RegionPriceEntry = {
  region: 'any',
  thousandths: 1_000,
  effectiveFrom: 0,
  source: 'no-pin',
};

export function createPriceBook(sources: PriceBookSources = {}): PriceBook {
  const { configured = {}, observed = [] } = sources;
  const listed = { ...LIST_PRICES, prices: [...LIST_PRICES.prices, ...observed] };
  const layers: Layers = { configured, listed };
  const unitPrice: PriceBook['unitPrice'] = (resource, gpu, at) =>
    find(
      [configured.prices, listed.prices],
      at,
      (entry) => entry.resource === resource && gpuNameOf(entry.gpu) === gpuNameOf(gpu),
    );
  const regionMultiplier: PriceBook['regionMultiplier'] = (region, at) =>
    regionNames(region)
      .map((name) => priceOfRegion(layers, name, at))
      .reduce((dearest, next) => (next.thousandths > dearest.thousandths ? next : dearest), NO_PIN);
  const entries = {
    prices: [...(configured.prices ?? []), ...listed.prices],
    regions: [...(configured.regions ?? []), ...listed.regions],
    tokens: [...(configured.tokens ?? []), ...listed.tokens],
  };
  return {
    containerRate: remembering(
      (settings, at) => rateOf({ unitPrice, regionMultiplier }, settings, at),
      [...entries.prices, ...entries.regions],
    ),
    tokenPrice: (model, at) => (model === null ? null : priceOfModel(layers, model, at)),
    regionMultiplier,
    unitPrice,
    entries,
  };
}

interface Layers {
  readonly configured: Partial<ListPrices>;
  readonly listed: ListPrices;
}

/** Looks in one list after the other: what the first knows, the next cannot change. */
function find<Entry extends { readonly effectiveFrom: EpochMicros }>(
  lists: readonly (readonly Entry[] | undefined)[],
  at: EpochMicros,
  matches: (entry: Entry) => boolean,
): Entry | null {
  for (const list of lists) {
    const found = inForceAt((list ?? []).filter(matches), at);
    if (found !== null) return found;
  }
  return null;
}

function gpuNameOf(gpu: string | null): string | null {
  return gpu === null ? null : (parseGpu(gpu)?.gpu ?? null);
}

function priceOfRegion(layers: Layers, name: string, at: EpochMicros): RegionPriceEntry {
  const { configured, listed } = layers;
  const exact = find([configured.regions], at, (entry) => entry.region === name);
  const kind = regionClassOf(name);
  if (exact !== null || kind === 'any') return exact ?? NO_PIN;
  const lists = [configured.regions, listed.regions];
  return find(lists, at, (entry) => entry.region === kind) ?? NO_PIN;
}

function priceOfModel(layers: Layers, model: string, at: EpochMicros): TokenPriceEntry | null {
  const lists = [layers.configured.tokens, layers.listed.tokens];
  return find(lists, at, (entry) => modelKeyOf(entry.model) === modelKeyOf(model));
}

const MICRO_UNITS = 1_000_000;

/** Region multiplier × (GPU × count + CPU × cores + memory × GiB), rounded once, half up. */
function rateOf(
  book: Pick<PriceBook, 'unitPrice' | 'regionMultiplier'>,
  settings: PricedSettings,
  at: EpochMicros,
): ContainerRate | null {
  const request = parseGpu(settings.gpu);
  const gpuCount = request === null ? 0 : (request.count ?? settings.gpuCount);
  const gpu = request === null ? null : book.unitPrice('gpu', request.gpu, at);
  const cpu = book.unitPrice('cpu', null, at);
  const memory = book.unitPrice('memory', null, at);
  if ((request !== null && gpu === null) || cpu === null || memory === null) return null;
  const region = book.regionMultiplier(settings.region, at);
  const hostFactor = request === null && settings.nonPreemptible ? NON_PREEMPTIBLE_FACTOR : 1;
  const amount =
    BigInt(gpu?.picoUsdPerSecond ?? 0) * BigInt(gpuCount * MICRO_UNITS) +
    BigInt(hostFactor) *
      (BigInt(cpu.picoUsdPerSecond) * microUnits(settings.cpuCores) +
        BigInt(memory.picoUsdPerSecond) * microUnits(settings.memoryGiB));
  const divisor = BigInt(MICRO_UNITS) * 1_000n;
  const rate: PicoUsdPerSecond = Number(
    (amount * BigInt(region.thousandths) + divisor / 2n) / divisor,
  );
  const priceId = priceIdOf({
    rate,
    gpu: request?.gpu ?? null,
    gpuCount,
    cpuCores: settings.cpuCores,
    memoryGiB: settings.memoryGiB,
    region: settings.region,
    multiplier: region.thousandths,
    source: (gpu ?? cpu).source,
  });
  return { priceId, rate, gpuCount };
}

function microUnits(amount: number): bigint {
  return BigInt(Math.round(amount * MICRO_UNITS));
}

interface Remembered {
  readonly from: EpochMicros;
  readonly until: EpochMicros;
  readonly rate: ContainerRate | null;
}

/** Between two dates of the list nothing changes: one figure serves millions of requests. */
function remembering(
  compute: PriceBook['containerRate'],
  entries: readonly { readonly effectiveFrom: EpochMicros }[],
): PriceBook['containerRate'] {
  const dates = [...new Set(entries.map((entry) => entry.effectiveFrom))].sort((a, b) => a - b);
  const known = new WeakMap<PricedSettings, Remembered>();
  return (settings, at) => {
    const last = known.get(settings);
    if (last !== undefined && at >= last.from && at < last.until) return last.rate;
    const from = dates.findLast((date) => date <= at) ?? Number.NEGATIVE_INFINITY;
    const until = dates.find((date) => date > at) ?? Number.POSITIVE_INFINITY;
    const rate = compute(settings, at);
    known.set(settings, { from, until, rate });
    return rate;
  };
}
