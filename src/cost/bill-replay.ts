import type { EndpointSettings } from '../core/endpoint.ts';
import { replay } from '../core/occupancy/replay.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type {
  BilledHour,
  ReconciliationInput,
  SettingsChange,
} from '../core/reconciliation/bill-diagnosis.ts';
import { type EpochMicros, MICROS_PER_HOUR, MICROS_PER_SECOND } from '../core/units.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { BilledInterval } from '../ledger/queries/billing.ts';
import { requestsByHour } from '../ledger/queries/reconciliations.ts';
import { intervalsOf, type ReconciledApp, type Window } from './bill-input.ts';
import { type StoredRuns, storedRuns } from './stored-runs.ts';

/** A diagnosis takes some thirty replays at a million requests a second, during which the office waits. */
const MOST_REQUESTS = 100_000;
/** In fewer intervals any setting may fit. */
const LEAST_INTERVALS = 6;

/**
 * The input with requests to replay: of all its intervals, or of the newest when there are many requests.
 * `null`: even those would be too many.
 */
export async function withReplay(
  settings: { readonly ledger: Ledger; readonly priceBook: PriceBook },
  app: ReconciledApp,
  given: { readonly bill: readonly BilledInterval[]; readonly input: ReconciliationInput },
): Promise<ReconciliationInput | null> {
  const { bill, input } = given;
  const intervalOf = intervalsOf(bill);
  const hours = await newestHours(settings.ledger, app, { hours: input.hours, intervalOf });
  const [first] = hours;
  const last = hours.at(-1);
  if (first === undefined || last === undefined) return null;
  const window = { from: first.start, to: last.start + last.intervalUs };
  return { ...input, hours, replay: await replayOf(settings, app, { window, intervalOf }) };
}

type IntervalOf = ReturnType<typeof intervalsOf>;

async function newestHours(
  { db }: Ledger,
  { endpoints }: ReconciledApp,
  { hours, intervalOf }: { readonly hours: readonly BilledHour[]; readonly intervalOf: IntervalOf },
): Promise<readonly BilledHour[]> {
  const [first] = hours;
  const last = hours.at(-1);
  if (first === undefined || last === undefined) return [];
  const window = { from: first.start, to: last.start + last.intervalUs };
  const numbers = endpoints.map(({ number }) => number);
  const requests = new Map<EpochMicros, number>();
  for (const { hour, count } of await requestsByHour(db, window, numbers)) {
    const { start } = intervalOf(hour);
    requests.set(start, (requests.get(start) ?? 0) + count);
  }
  let sum = 0;
  const tooMany = hours.findLastIndex(({ start }) => {
    sum += requests.get(start) ?? 0;
    return sum > MOST_REQUESTS;
  });
  const newest = hours.slice(tooMany + 1);
  return tooMany === -1 || newest.length >= LEAST_INTERVALS ? newest : [];
}

/** Containers that are open when the window begins were opened by requests before it. */
const LEAD_US = 2 * MICROS_PER_HOUR;

/** Replays the app's requests under other settings of one endpoint: dollars by interval of the bill. */
async function replayOf(
  { ledger, priceBook }: { readonly ledger: Ledger; readonly priceBook: PriceBook },
  { endpoints }: ReconciledApp,
  { window, intervalOf }: { readonly window: Window; readonly intervalOf: IntervalOf },
): Promise<(change: SettingsChange) => ReadonlyMap<EpochMicros, number>> {
  const standingFrom = window.from - LEAD_US;
  const loaded = new Map<EndpointSettings, StoredRuns>();
  for (const { number, settings } of endpoints) {
    const reading = { from: standingFrom, to: window.to, named: true };
    loaded.set(settings, await storedRuns(ledger.db, number, reading));
  }
  const dollars = (settings: EndpointSettings, asked: EndpointSettings) => {
    const sums = new Map<EpochMicros, number>();
    const rate = priceBook.containerRate(settings, window.from)?.rate ?? 0;
    for (const pool of loaded.get(settings)?.pools ?? []) {
      const used = { ...asked, rate, coldStartUs: 0, standingFrom, until: window.to };
      for (const [hour, nano] of replay(pool, used).byHour) {
        const { start } = intervalOf(hour);
        sums.set(start, (sums.get(start) ?? 0) + nano);
      }
    }
    return sums;
  };
  const asConfigured = new Map([...loaded.keys()].map((one) => [one, dollars(one, one)]));
  return (change) => {
    const sums = new Map<EpochMicros, number>();
    for (const [settings, known] of asConfigured) {
      const changed = settings.name === change.endpoint;
      for (const [start, nano] of changed
        ? dollars(settings, withChange(settings, change))
        : known) {
        sums.set(start, (sums.get(start) ?? 0) + nano);
      }
    }
    return sums;
  };
}

function withChange(settings: EndpointSettings, change: SettingsChange): EndpointSettings {
  const { scaledownWindowSeconds, maxInputs, minContainers } = change;
  return {
    ...settings,
    maxInputs: maxInputs ?? settings.maxInputs,
    minContainers: minContainers ?? settings.minContainers,
    scaledownWindowUs:
      scaledownWindowSeconds === undefined
        ? settings.scaledownWindowUs
        : scaledownWindowSeconds * MICROS_PER_SECOND,
  };
}
