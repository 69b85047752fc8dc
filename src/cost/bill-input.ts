import type { EndpointSettings } from '../core/endpoint.ts';
import { parseGpu } from '../core/price-book/gpu-name.ts';
import { LIST_PRICES } from '../core/price-book/list-prices.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type { BilledHour, ReconciliationInput } from '../core/reconciliation/bill-diagnosis.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_SECOND,
} from '../core/units.ts';
import type { BilledInterval } from '../ledger/queries/billing.ts';
import type { EndpointHour } from '../ledger/queries/reconciliations.ts';

/** An app of the bill and the endpoints that are in it. */
export interface ReconciledApp {
  readonly app: string;
  readonly endpoints: readonly { readonly number: number; readonly settings: EndpointSettings }[];
}

export interface Window {
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
    readonly modelled: readonly EndpointHour[];
    /** Settled up to here: later hours are not compared. */
    readonly until: EpochMicros;
    /** Pulled bills are final here: a row that is missing now will not come. */
    readonly final: Window | null;
  },
): ReconciliationInput {
  const { bill, window, modelled, until } = given;
  const main = mainEndpoint(app, modelled);
  const at = window.from;
  const prices = new Map(
    app.endpoints.map(({ number, settings }) => [number, pricesOf(book, settings, at)]),
  );
  const intervalOf = intervalsOf(bill);
  const hours = new Map<EpochMicros, BilledHour>();
  const change = (hour: EpochMicros, by: (known: BilledHour) => Partial<BilledHour>) => {
    const interval = intervalOf(hour);
    const end = interval.start + interval.intervalUs;
    // Of a day that is only partly in the window, the model would be a part and the bill the whole.
    if (interval.start < window.from || end > Math.min(until, window.to)) return;
    const known = hours.get(interval.start) ?? { ...NOTHING_YET, ...interval };
    hours.set(interval.start, { ...known, ...by(known) });
  };
  for (const { hour, endpoint, nano, containerUs } of modelled) {
    const { hostShare = 0, isPriced = true } = prices.get(endpoint) ?? {};
    change(hour, (known) => ({
      modelledNano: known.modelledNano + nano,
      modelledHostNano: known.modelledHostNano + Math.round(nano * hostShare),
      unpricedUs: known.unpricedUs + (isPriced ? 0 : containerUs),
    }));
  }
  for (const interval of bill) {
    const host = hostOf(interval);
    change(interval.start, (known) => ({
      billedNano: (known.billedNano ?? 0) + interval.costNano,
      billedHostNano: host === null ? known.billedHostNano : (known.billedHostNano ?? 0) + host,
    }));
  }
  const sorted = [...hours.values()].sort((a, b) => a.start - b.start);
  const unpriced = app.endpoints.filter(({ number }) => prices.get(number)?.isPriced === false);
  return {
    hours: withoutGaps(sorted, given.final),
    ...settingsPart(book, main, at),
    billedGpu: billedGpuOf(bill, main),
    unpricedGpus: [...new Set(unpriced.map(({ settings }) => settings.gpu))],
    endpoints: app.endpoints.map(({ settings }) => ({
      name: settings.name,
      scaledownWindowSeconds: settings.scaledownWindowUs / MICROS_PER_SECOND,
      maxInputs: settings.maxInputs,
      minContainers: settings.minContainers,
    })),
    replay: null,
  };
}

const NOTHING_YET: Omit<BilledHour, 'start' | 'intervalUs'> = {
  billedNano: null,
  billedHostNano: null,
  modelledNano: 0,
  modelledHostNano: 0,
  unpricedUs: 0,
};

type Interval = Pick<BilledHour, 'start' | 'intervalUs'>;

/** The interval of the bill in which an hour is: the day where the bill has a row for it, else the hour. */
export function intervalsOf(bill: readonly BilledInterval[]): (hour: EpochMicros) => Interval {
  const days = new Set(
    bill.filter(({ intervalUs }) => intervalUs !== MICROS_PER_HOUR).map(({ start }) => start),
  );
  return (hour) => {
    const day = hour - (hour % MICROS_PER_DAY);
    return days.has(day)
      ? { start: day, intervalUs: MICROS_PER_DAY }
      : { start: hour, intervalUs: MICROS_PER_HOUR };
  };
}

/**
 * Modal's report has no row for an interval that cost nothing, and none yet for one that is late. It is no
 * longer late once the report has a later row within a day, or is final by its age.
 */
function withoutGaps(hours: readonly BilledHour[], final: Window | null): BilledHour[] {
  const billed = hours.filter(({ billedNano }) => billedNano !== null).map(({ start }) => start);
  let next = 0;
  return hours.map((hour) => {
    while (next < billed.length && (billed[next] ?? 0) < hour.start) next += 1;
    const [before, after] = [billed[next - 1], billed[next]];
    const isBetween =
      before !== undefined && after !== undefined && after - before <= MICROS_PER_DAY;
    const isFinal =
      final !== null && hour.start >= final.from && hour.start + hour.intervalUs <= final.to;
    return hour.billedNano === null && (isBetween || isFinal) ? { ...hour, billedNano: 0 } : hour;
  });
}

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

/** Which part of an endpoint's price is CPU and memory, and whether it has a price at all. */
function pricesOf(book: PriceBook, settings: EndpointSettings, at: EpochMicros) {
  const all = book.containerRate(settings, at)?.rate ?? null;
  const host = book.containerRate({ ...settings, gpu: 'none' }, at)?.rate ?? 0;
  return { hostShare: all === null || all === 0 ? 0 : host / all, isPriced: all !== null };
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
