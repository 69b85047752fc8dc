import type { EndpointSettings } from '../core/endpoint.ts';
import { type Replay, replay } from '../core/occupancy/replay.ts';
import type { Run } from '../core/occupancy/run.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  type Micros,
  type NanoUsd,
} from '../core/units.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { endpointNumbers } from '../ledger/queries/endpoint-numbers.ts';
import { type StoredRuns, storedRuns } from './stored-runs.ts';

/** Settings to replay the past under; what is left out stays as configured. */
export interface WhatIfChange {
  readonly scaledownWindowUs?: Micros;
  readonly maxInputs?: number;
  readonly minContainers?: number;
  readonly gpu?: string;
  /** How much faster the other GPU is: 2 halves each request's time. */
  readonly speedFactor?: number;
  readonly region?: string;
}

/** What containers cost in the window, as configured or under a change. */
export interface WhatIfCost {
  readonly totalNano: NanoUsd;
  readonly busyNano: NanoUsd;
  readonly idleNano: NanoUsd;
  readonly coldNano: NanoUsd;
  readonly coldStarts: number;
}

export interface WhatIfResult {
  readonly endpoint: string;
  readonly change: WhatIfChange;
  readonly requests: number;
  /** The past replayed as configured: the yardstick, so that both sides know and ignore the same. */
  readonly asConfigured: WhatIfCost;
  readonly changed: WhatIfCost;
  readonly savingNano: NanoUsd;
  /** The saving at this pace over 30 days. */
  readonly savingPerMonthNano: NanoUsd;
  /**
   * Cold starts that come or go are priced at their median length. `null`: no container has said how long
   * they take, and their price is in neither side.
   */
  readonly coldStartUs: Micros | null;
}

export interface WhatIfSettings {
  readonly ledger: Ledger;
  readonly endpoints: readonly EndpointSettings[];
  readonly priceBook: PriceBook;
}

export interface WhatIfWindow {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

export interface WhatIf {
  /**
   * Replays the window's requests of each endpoint under the change.
   * @throws RangeError when an endpoint is not configured, or its GPU, present or changed, has no price.
   */
  run(window: WhatIfWindow, change: WhatIfChange, endpoint?: string): Promise<WhatIfResult[]>;
  /** The changes that would have saved most, one for each endpoint and setting, dearest first. */
  topSavings(window: WhatIfWindow, count: number): Promise<WhatIfResult[]>;
}

const WINDOWS_US = [2, 10, 30, 60, 120, 300, 600].map((seconds) => seconds * MICROS_PER_SECOND);

export function createWhatIf(settings: WhatIfSettings): WhatIf {
  return {
    run: async (window, change, endpoint) => {
      const wanted = settings.endpoints.filter(({ name }) => name === (endpoint ?? name));
      if (wanted.length === 0) {
        const names = settings.endpoints.map(({ name }) => name).join(', ');
        throw new RangeError(`no endpoint is called ${endpoint}; there are: ${names}`);
      }
      const results: WhatIfResult[] = [];
      for (const one of wanted) {
        const runs = await runsOf(settings, one, window);
        if (runs !== null) results.push(compare(settings, one, { runs, window, change }));
      }
      return results;
    },
    topSavings: async (window, count) => {
      const best: WhatIfResult[] = [];
      for (const endpoint of settings.endpoints) {
        if (settings.priceBook.containerRate(endpoint, window.from) === null) continue;
        const runs = await runsOf(settings, endpoint, window);
        if (runs === null || endpoint.pricing === 'tokens') continue;
        best.push(...bestChanges(settings, endpoint, { runs, window }));
      }
      return best.sort((a, b) => b.savingNano - a.savingNano).slice(0, count);
    },
  };
}

/** A saving counts only if what it costs is known: more cold starts of unknown length are not. */
function isHonest({ savingNano, coldStartUs, asConfigured, changed }: WhatIfResult): boolean {
  const more = changed.coldStarts > asConfigured.coldStarts * 1.25;
  return savingNano > 0 && (coldStartUs !== null || !more);
}

async function runsOf(
  { ledger }: WhatIfSettings,
  endpoint: EndpointSettings,
  window: WhatIfWindow,
): Promise<StoredRuns | null> {
  const number = (await endpointNumbers(ledger.db)).get(endpoint.name);
  return number === undefined ? null : await storedRuns(ledger.db, number, window);
}

/** For each setting the value that saves most. */
function bestChanges(
  settings: WhatIfSettings,
  endpoint: EndpointSettings,
  given: { readonly runs: StoredRuns; readonly window: WhatIfWindow },
): WhatIfResult[] {
  const kinds: WhatIfChange[][] = [
    WINDOWS_US.map((scaledownWindowUs) => ({ scaledownWindowUs })),
    endpoint.minContainers === 0 ? [] : [{ minContainers: 0 }],
    endpoint.region === 'any' ? [] : [{ region: 'any' }],
  ];
  return kinds.flatMap((changes) => {
    const results = changes
      .map((change) => compare(settings, endpoint, { ...given, change }))
      .filter(isHonest);
    const [best] = results.sort((a, b) => b.savingNano - a.savingNano);
    return best === undefined ? [] : [best];
  });
}

function compare(
  { priceBook }: WhatIfSettings,
  endpoint: EndpointSettings,
  given: {
    readonly runs: StoredRuns;
    readonly window: WhatIfWindow;
    readonly change: WhatIfChange;
  },
): WhatIfResult {
  const { runs, window, change } = given;
  const { speedFactor = 1, ...rest } = change;
  const cost = (settings: EndpointSettings, factor: number) => {
    const rate = priceBook.containerRate(settings, window.to - 1);
    if (rate === null) throw new RangeError(`GPU ${settings.gpu} has no price: see \`prices\``);
    const used = { ...settings, rate: rate.rate, coldStartUs: runs.coldStartUs ?? 0 };
    const standing = { standingFrom: window.from, until: window.to };
    return addUp(runs.pools.map((pool) => replay(faster(pool, factor), { ...used, ...standing })));
  };
  const asConfigured = cost(endpoint, 1);
  const changed = cost({ ...endpoint, ...rest }, speedFactor);
  const savingNano = asConfigured.totalNano - changed.totalNano;
  const days = (window.to - window.from) / MICROS_PER_DAY;
  return {
    endpoint: endpoint.name,
    change,
    requests: runs.requests,
    asConfigured,
    changed,
    savingNano,
    savingPerMonthNano: Math.round((savingNano / days) * 30),
    coldStartUs: runs.coldStartUs,
  };
}

function* faster(runs: readonly Run[], factor: number): Generator<Run> {
  for (const run of runs) {
    const length = Math.round((run.end - run.start) / factor);
    yield factor === 1 ? run : { ...run, end: run.start + length };
  }
}

function addUp(replays: readonly Replay[]): WhatIfCost {
  const sum = (pick: (one: Replay) => number) =>
    replays.reduce((total, one) => total + pick(one), 0);
  return {
    totalNano: sum((one) => one.totalNano),
    busyNano: sum((one) => one.busyNano),
    idleNano: sum((one) => one.idleNano),
    coldNano: sum((one) => one.coldNano),
    coldStarts: sum((one) => one.starts),
  };
}
