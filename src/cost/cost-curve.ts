import type { EndpointSettings } from '../core/endpoint.ts';
import { replay } from '../core/occupancy/replay.ts';
import type { Run } from '../core/occupancy/run.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type { ContainerRate } from '../core/price-book/price-id.ts';
import type { CostCurve } from '../core/projection.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type Micros,
  type NanoUsd,
} from '../core/units.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { endpointNumbers } from '../ledger/queries/endpoint-numbers.ts';
import { type StoredRuns, storedRuns } from './stored-runs.ts';

export interface CostCurveSettings {
  readonly ledger: Ledger;
  readonly endpoints: readonly EndpointSettings[];
  readonly priceBook: PriceBook;
}

interface Window {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

/** Shares of the recorded traffic that are replayed. Beyond the last one, its straight line goes on. */
const FACTORS = [0.25, 0.5, 1, 2, 4] as const;
const MONTH_US: Micros = 30 * MICROS_PER_DAY;
/** Fewer requests than this say nothing about how containers are shared. */
const MIN_REQUESTS = 100;
/** A copy of a request comes within half an hour of it, so that the shape of the day stays. */
const SPREAD_US: Micros = MICROS_PER_HOUR;

/**
 * What a month on Modal costs by volume: the requests of the window, thinned out or multiplied, replayed
 * through the model of containers at today's prices. Idle and cold time weigh less the busier it is, so the
 * curve bends where a price for each request is a straight line. Endpoints without a container price (tokens,
 * an unknown GPU) are not in it. `null`: too few requests.
 */
export async function measuredCostCurve(
  settings: CostCurveSettings,
  window: Window,
): Promise<CostCurve | null> {
  const numbers = await endpointNumbers(settings.ledger.db);
  const recorded: Recorded[] = [];
  for (const endpoint of settings.endpoints) {
    const rate = settings.priceBook.containerRate(endpoint, window.to - 1);
    const number = numbers.get(endpoint.name);
    if (rate === null || number === undefined || endpoint.pricing === 'tokens') continue;
    const runs = await storedRuns(settings.ledger.db, number, window);
    recorded.push({ endpoint, rate, runs });
  }
  const requests = recorded.reduce((sum, { runs }) => sum + runs.requests, 0);
  if (requests < MIN_REQUESTS) return null;
  const perMonth = MONTH_US / (window.to - window.from);
  return [0, ...FACTORS].map((factor) => ({
    requests: Math.round(requests * factor * perMonth),
    nano: Math.round(sumOf(recorded, (one) => costOf(one, window, factor)) * perMonth),
  }));
}

interface Recorded {
  readonly endpoint: EndpointSettings;
  readonly rate: ContainerRate;
  readonly runs: StoredRuns;
}

function sumOf(recorded: readonly Recorded[], cost: (one: Recorded) => NanoUsd): NanoUsd {
  return recorded.reduce((sum, one) => sum + cost(one), 0);
}

function costOf({ endpoint, rate, runs }: Recorded, { from, to }: Window, factor: number): NanoUsd {
  const settings = {
    ...endpoint,
    ...{ rate: rate.rate, coldStartUs: runs.coldStartUs ?? 0, standingFrom: from, until: to },
  };
  return runs.pools.reduce(
    (sum, pool) => sum + replay(scaled(pool, factor, to), settings).totalNano,
    0,
  );
}

/** The same runs, fewer or more of them, in the order of their starts. */
function scaled(runs: readonly Run[], factor: number, until: EpochMicros): Run[] {
  if (factor === 1) return [...runs];
  const copies = runs.flatMap((run, index) => {
    // Every run counts `factor` times, the rest of the division carried from one run to the next.
    const count = Math.floor((index + 1) * factor) - Math.floor(index * factor);
    return Array.from({ length: count }, (_, copy) => moved(run, copy, until));
  });
  return copies.sort((a, b) => a.start - b.start);
}

function moved(run: Run, copy: number, until: EpochMicros): Run {
  if (copy === 0) return run;
  const by = Math.round((fraction(run.ref * 7 + copy) - 0.5) * SPREAD_US);
  const start = Math.min(run.start + by, until - 1);
  return { ...run, start, end: start + (run.end - run.start) };
}

/** In [0, 1), spread evenly over whole numbers and the same at every call (Knuth's multiplier). */
function fraction(seed: number): number {
  return (Math.imul(seed, 2_654_435_761) >>> 0) / 2 ** 32;
}
