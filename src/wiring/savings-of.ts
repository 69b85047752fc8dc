import type { Saving, Savings } from '../../alerts/weekly-report/report-facts.ts';
import type { Config } from '../config/config.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import { type EpochMicros, MICROS_PER_SECOND } from '../core/units.ts';
import { createWhatIf, type WhatIfResult } from '../cost/what-if.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { hourFacts } from '../ledger/queries/facts-hours.ts';
import { windowOfRequests } from '../ledger/queries/requests-window.ts';

interface Span {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

const COUNT = 3;
/** One for each endpoint and setting: enough to rank them anew. */
const MAX_FOUND = 1_000;
/** Each is replayed about ten times. */
const MAX_REQUESTS = 20_000;

export interface SavingsParts {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly priceBook: PriceBook;
}

/**
 * The three changes that would have saved most; those that bring cold starts come last. A busy period is replayed over its last hours only, as many as hold
 * twenty thousand requests, and the report says which.
 */
export async function savingsOf(
  { ledger, config, priceBook }: SavingsParts,
  window: Span,
): Promise<Savings> {
  const span = await windowOfRequests(ledger.db, { ...window, most: MAX_REQUESTS });
  if (span === null) return { replayed: null, requests: 0, list: [] };
  const whatIf = createWhatIf({ ledger, endpoints: config.endpoints, priceBook });
  const hours = await hourFacts(ledger.db, span.from, span.to);
  const found = (await whatIf.topSavings(span, MAX_FOUND)).sort(slowerLast).slice(0, COUNT);
  const settings = new Map(config.endpoints.map((one) => [one.name, one]));
  return {
    replayed: span,
    requests: hours.reduce((sum, hour) => sum + hour.requests, 0),
    list: found.map((one) => savingOf(one, settings.get(one.endpoint))),
  };
}

/** A change that makes requests wait longer is no plain saving: it comes after those that do not. */
function slowerLast(a: WhatIfResult, b: WhatIfResult): number {
  const slower = ({ asConfigured, changed }: WhatIfResult) =>
    Number(changed.coldStarts > asConfigured.coldStarts);
  return slower(a) - slower(b) || b.savingNano - a.savingNano;
}

function savingOf(result: WhatIfResult, settings: EndpointSettings | undefined): Saving {
  return {
    endpoint: result.endpoint,
    change: changeText(result.change, settings),
    asConfiguredNano: result.asConfigured.totalNano,
    changedNano: result.changed.totalNano,
    perMonthNano: result.savingPerMonthNano,
    coldStartsBefore: result.asConfigured.coldStarts,
    coldStartsAfter: result.changed.coldStarts,
    coldStartUs: result.coldStartUs,
  };
}

function changeText(change: WhatIfResult['change'], settings?: EndpointSettings): string {
  const { scaledownWindowUs, minContainers, region } = change;
  const seconds = (us: number | undefined) =>
    us === undefined ? '?' : `${us / MICROS_PER_SECOND} s`;
  if (scaledownWindowUs !== undefined) {
    return `scaledown window ${seconds(settings?.scaledownWindowUs)} → ${seconds(scaledownWindowUs)}`;
  }
  if (minContainers !== undefined) {
    return `standing containers ${settings?.minContainers ?? '?'} → ${minContainers}`;
  }
  if (region !== undefined) return `region pin ${settings?.region ?? '?'} → ${region}`;
  return JSON.stringify(change);
}
