import type { EndpointSettings } from '../core/endpoint.ts';
import { replay } from '../core/occupancy/replay.ts';
import { parseGpu } from '../core/price-book/gpu-name.ts';
import { LIST_PRICES } from '../core/price-book/list-prices.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type {
  BilledHour,
  ReconciliationInput,
  SettingsChange,
} from '../core/reconciliation/bill-diagnosis.ts';
import { type EpochMicros, MICROS_PER_HOUR, MICROS_PER_SECOND } from '../core/units.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { BilledInterval } from '../ledger/queries/billing.ts';
import { type StoredRuns, storedRuns } from './stored-runs.ts';

/** An app of the bill and the endpoints that are in it. */
export interface ReconciledApp {
  readonly app: string;
  readonly endpoints: readonly { readonly number: number; readonly settings: EndpointSettings }[];
}

interface Window {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

/** Puts model and bill of an app side by side, interval by interval of the bill. */
export function billInput(
  book: PriceBook,
  app: ReconciledApp,
  given: {
    readonly bill: readonly BilledInterval[];
    readonly window: Window;
    readonly modelled: readonly { hour: EpochMicros; endpoint: number; nano: number }[];
    /** Settled up to here: later hours are not compared. */
    readonly until: EpochMicros;
  },
): ReconciliationInput {
  const { bill, window, modelled, until } = given;
  const main = mainEndpoint(app, modelled);
  const at = window.from;
  const intervalUs = bill.some((interval) => interval.intervalUs === MICROS_PER_HOUR)
    ? MICROS_PER_HOUR
    : (bill[0]?.intervalUs ?? MICROS_PER_HOUR);
  const hostShares = new Map(
    app.endpoints.map(({ number, settings }) => [number, hostShareOf(book, settings, at)]),
  );
  const hours = new Map<EpochMicros, BilledHour>();
  const change = (start: EpochMicros, by: Partial<BilledHour>) => {
    if (start + intervalUs > until) return;
    hours.set(start, { ...(hours.get(start) ?? { ...EMPTY, start }), ...by });
  };
  for (const { hour, endpoint, nano } of modelled) {
    const start = hour - (hour % intervalUs);
    const known = hours.get(start) ?? EMPTY;
    const host = Math.round(nano * (hostShares.get(endpoint) ?? 0));
    change(start, {
      modelledNano: known.modelledNano + nano,
      modelledHostNano: known.modelledHostNano + host,
    });
  }
  for (const interval of bill) {
    const start = interval.start - (interval.start % intervalUs);
    const known = hours.get(start) ?? EMPTY;
    const host = hostOf(interval);
    change(start, {
      billedNano: (known.billedNano ?? 0) + interval.costNano,
      billedHostNano: host === null ? known.billedHostNano : (known.billedHostNano ?? 0) + host,
    });
  }
  return {
    hours: [...hours.values()].sort((a, b) => a.start - b.start),
    ...settingsPart(book, main, at),
    billedGpu: billedGpuOf(bill, main),
    replay: () => new Map(),
  };
}

const EMPTY: BilledHour = {
  start: 0,
  billedNano: null,
  billedHostNano: null,
  modelledNano: 0,
  modelledHostNano: 0,
};

function settingsPart(book: PriceBook, main: EndpointSettings, at: EpochMicros) {
  const request = parseGpu(main.gpu);
  const own = request === null ? null : book.unitPrice('gpu', request.gpu, at);
  const others = new Set(
    LIST_PRICES.prices.flatMap(({ gpu }) => (gpu === null || gpu === request?.gpu ? [] : [gpu])),
  );
  return {
    multiplier: book.regionMultiplier(main.region, at).thousandths,
    pins: [
      { name: 'any', thousandths: 1_000 },
      { name: 'us, eu, uk or ap', thousandths: book.regionMultiplier('us', at).thousandths },
      {
        name: 'a zone such as us-east',
        thousandths: book.regionMultiplier('us-east', at).thousandths,
      },
      { name: 'us, eu, uk or ap in mid-2026', thousandths: 1_500 },
      { name: 'us, eu, uk or ap in 2025', thousandths: 1_250 },
    ],
    gpuCount: request === null ? 0 : (request.count ?? main.gpuCount),
    otherGpus: [...others].flatMap((name) => {
      const price = book.unitPrice('gpu', name, at);
      if (price === null || own === null) return [];
      return [{ name, factor: price.picoUsdPerSecond / own.picoUsdPerSecond }];
    }),
    scaledownWindowSeconds: main.scaledownWindowUs / MICROS_PER_SECOND,
    maxInputs: main.maxInputs,
    minContainers: main.minContainers,
  };
}

/** The endpoint that costs most: what the bill says is mostly about it. */
function mainEndpoint(
  app: ReconciledApp,
  modelled: readonly { readonly endpoint: number; readonly nano: number }[],
): EndpointSettings {
  const sums = new Map<number, number>();
  for (const { endpoint, nano } of modelled) sums.set(endpoint, (sums.get(endpoint) ?? 0) + nano);
  const [first] = [...app.endpoints].sort(
    (a, b) => (sums.get(b.number) ?? 0) - (sums.get(a.number) ?? 0),
  );
  if (first === undefined) throw new Error(`app ${app.app} has no endpoint`);
  return first.settings;
}

function hostShareOf(book: PriceBook, settings: EndpointSettings, at: EpochMicros): number {
  const all = book.containerRate(settings, at)?.rate ?? 0;
  const host = book.containerRate({ ...settings, gpu: 'none' }, at)?.rate ?? 0;
  return all === 0 ? 0 : host / all;
}

/** CPU and memory of an interval; `null` when the report has no resources. */
function hostOf({ byResource }: BilledInterval): number | null {
  if (byResource.has('')) return null;
  let host = 0;
  for (const [resource, nano] of byResource) if (/cpu|mem/i.test(resource)) host += nano;
  return host;
}

/** A GPU that the bill names and the configuration does not. */
function billedGpuOf(bill: readonly BilledInterval[], main: EndpointSettings): string | null {
  const known = new Set(LIST_PRICES.prices.map(({ gpu }) => gpu));
  const named = new Set<string>();
  for (const { byResource } of bill) {
    for (const resource of byResource.keys()) {
      const gpu = parseGpu(resource.replace(/^(nvidia|gpu)[\s:-]+/i, ''))?.gpu;
      if (gpu !== undefined && known.has(gpu)) named.add(gpu);
    }
  }
  const [only] = named;
  return named.size !== 1 || only === undefined || only === parseGpu(main.gpu)?.gpu ? null : only;
}

/** Replays the app's requests under other settings: dollars by interval of the bill. */
export async function replayFor(
  { ledger, priceBook }: { readonly ledger: Ledger; readonly priceBook: PriceBook },
  app: ReconciledApp,
  given: {
    readonly window: Window;
    readonly bill: readonly BilledInterval[];
    readonly input: ReconciliationInput;
  },
): Promise<ReconciliationInput['replay']> {
  const { window, input } = given;
  const loaded: { readonly settings: EndpointSettings; readonly runs: StoredRuns }[] = [];
  for (const { number, settings } of app.endpoints) {
    loaded.push({ settings, runs: await storedRuns(ledger.db, number, window) });
  }
  const starts = input.hours.map(({ start }) => start);
  const until = Math.max(...starts) + (given.bill[0]?.intervalUs ?? MICROS_PER_HOUR);
  const intervalUs = given.bill[0]?.intervalUs ?? MICROS_PER_HOUR;
  return (change) => {
    const sums = new Map<EpochMicros, number>();
    for (const { settings, runs } of loaded) {
      const rate = priceBook.containerRate(settings, window.from)?.rate ?? 0;
      const used = { ...changed(settings, change), rate, coldStartUs: 0 };
      for (const pool of runs.pools) {
        const result = replay(pool, { ...used, standingFrom: window.from, until });
        for (const [hour, nano] of result.byHour) {
          const start = hour - (hour % intervalUs);
          sums.set(start, (sums.get(start) ?? 0) + nano);
        }
      }
    }
    return sums;
  };
}

function changed(settings: EndpointSettings, change: SettingsChange): EndpointSettings {
  const { scaledownWindowSeconds, ...rest } = change;
  const window =
    scaledownWindowSeconds === undefined
      ? {}
      : { scaledownWindowUs: scaledownWindowSeconds * MICROS_PER_SECOND };
  return { ...settings, ...rest, ...window };
}
