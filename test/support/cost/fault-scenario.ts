import type { BillingRow } from '../../../src/core/billing-row.ts';
import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import { createPriceBook } from '../../../src/core/price-book/price-book.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR, parseUsd } from '../../../src/core/units.ts';
import {
  type AppReconciliation,
  createReconciler,
  type ReconciliationReport,
} from '../../../src/cost/reconcile.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { storeBillingBatch, storeBillingRows } from '../../../src/ledger/queries/billing.ts';
import { seededRandom } from '../ledger/sample-requests.ts';
import { mergeBillRows } from '../sandbox/bill.ts';
import type { Arrival, SimulationSettings } from '../sandbox/simulate.ts';
import { A100, SECOND } from './records.ts';
import { MONDAY, settling } from './settling.ts';
import { simulatedTraffic } from './simulated-traffic.ts';

const HOURS = 48;
const APP = { id: 'ap-1', name: 'lift-sys-inference', environment: 'main', tags: {} };
const END = MONDAY + HOURS * MICROS_PER_HOUR;

/** How the endpoint is deployed, and configured unless a scenario says otherwise. */
const DEPLOYED: EndpointSettings = {
  ...A100,
  maxInputs: 4,
  scaledownWindowUs: 120 * SECOND,
};

/** Two days of an endpoint on a simulated Modal, with what is wrong between it, its bill and its configuration. */
export interface FaultScenario {
  /** What Modal was asked for, beyond `DEPLOYED`. */
  readonly deployed?: SimulationSettings;
  /** What the configuration says, beyond `DEPLOYED`. */
  readonly configured?: Partial<EndpointSettings>;
  /** Containers say who they are. */
  readonly identity?: boolean;
  /** Seconds between the starts of requests that skip the proxy, by day. */
  readonly othersEvery?: number;
  /** A second, rightly configured endpoint in the same app. */
  readonly neighbour?: boolean;
  /** The bill as it comes: each report in turn is stored and compared. */
  readonly reports?: readonly ((bill: readonly BillingRow[]) => readonly BillingRow[])[];
  /** Hours of the two days that are compared. */
  readonly compared?: readonly [from: number, to: number];
  /** The reports come as files, not as pulls. */
  readonly files?: boolean;
  readonly seed?: number;
}

/** Plays the scenario through the ledger, settlement and the comparison with the bill. */
export async function reconciled(
  scenario: FaultScenario,
): Promise<AppReconciliation & { readonly report: ReconciliationReport }> {
  const { configured = {}, reports = [(bill) => bill], files = false } = scenario;
  const [from, to] = scenario.compared ?? [0, HOURS];
  const window = { from: MONDAY + from * MICROS_PER_HOUR, to: MONDAY + to * MICROS_PER_HOUR };
  const neighbours = scenario.neighbour === true ? [NEIGHBOUR] : [];
  const endpoints = [{ ...DEPLOYED, ...configured }, ...neighbours];
  const ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
  try {
    const { add, settleAt, clock } = settling(ledger, endpoints);
    const played = playedTraffic(scenario);
    await add(...played.requests);
    await settleAt(HOURS * 3_600 + 7_200);
    const reconciler = createReconciler({
      ...{ ledger, endpoints, clock, priceBook: createPriceBook() },
    });
    let report: ReconciliationReport | null = null;
    for (const change of reports) {
      const rows = change(played.bill);
      const intervalUs = rows[0]?.intervalUs ?? MICROS_PER_HOUR;
      const batch = { from: MONDAY, to: END, intervalUs, rows };
      await ledger.db.transaction().execute(async (trx) => {
        if (files) await storeBillingRows(trx, rows);
        else await storeBillingBatch(trx, batch, clock.now());
      });
      report = await reconciler.run(window);
    }
    const [app] = report?.apps ?? [];
    if (report === null || app === undefined) throw new Error('nothing was compared');
    return { ...app, report };
  } finally {
    await ledger.close();
  }
}

const NEIGHBOUR: EndpointSettings = {
  ...DEPLOYED,
  name: 'chat',
  gpu: 'L40S',
  scaledownWindowUs: 60 * SECOND,
};

function playedTraffic(scenario: FaultScenario) {
  const { deployed = {}, identity = false, seed = 1 } = scenario;
  const others = scenario.othersEvery;
  const own = simulatedTraffic(DEPLOYED, {
    arrivals: arrivals('r', seed, 40),
    ...(others === undefined ? {} : { unseen: arrivals('x', seed + 100, others) }),
    identity,
    salt: 1,
    modal: {
      app: APP,
      maxInputs: DEPLOYED.maxInputs,
      scaledownWindowUs: DEPLOYED.scaledownWindowUs,
      from: MONDAY,
      until: END,
      ...deployed,
    },
  });
  const next = simulatedTraffic(NEIGHBOUR, {
    arrivals: scenario.neighbour === true ? arrivals('n', seed + 200, 55) : [],
    identity,
    salt: 2,
    modal: {
      app: APP,
      gpu: 'L40S',
      prices: { gpu: 542_000_000, cpuCore: 0, memoryGiB: 0 },
      maxInputs: NEIGHBOUR.maxInputs,
      scaledownWindowUs: NEIGHBOUR.scaledownWindowUs,
      until: END,
    },
  });
  const bill = mergeBillRows([...own.bill, ...next.bill]).map(
    (row): BillingRow => ({
      objectId: row.object_id,
      description: row.description,
      environment: row.environment,
      intervalStart: Date.parse(`${row.interval_start}Z`) * 1_000,
      intervalUs: MICROS_PER_HOUR,
      resource: row.resource,
      costNano: parseUsd(row.cost),
      tags: {},
    }),
  );
  return { requests: [...own.requests, ...next.requests], bill };
}

/** Two days of traffic: by day every `gap` seconds, at night one fifteenth of it. */
function arrivals(prefix: string, seed: number, gap: number): Arrival[] {
  const random = seededRandom(seed);
  const list: Arrival[] = [];
  for (let second = 60; ; ) {
    const hour = Math.floor(second / 3_600) % 24;
    second += random() * 2 * gap * (hour >= 8 && hour < 20 ? 1 : 15);
    if (second >= (HOURS - 1) * 3_600) return list;
    list.push({
      id: `${prefix}${list.length}`,
      at: MONDAY + Math.floor(second * SECOND),
      serviceUs: Math.floor((5 + 40 * random()) * SECOND),
    });
  }
}

/** The same dollars by day, without resources. */
export function byDay(bill: readonly BillingRow[]): BillingRow[] {
  const days = new Map<number, BillingRow>();
  for (const row of bill) {
    const intervalStart = row.intervalStart - (row.intervalStart % MICROS_PER_DAY);
    const costNano = (days.get(intervalStart)?.costNano ?? 0) + row.costNano;
    days.set(intervalStart, {
      ...row,
      ...{ intervalStart, intervalUs: MICROS_PER_DAY, resource: null, costNano },
    });
  }
  return [...days.values()];
}

/** The rows of the first `hours` hours. */
export function until(bill: readonly BillingRow[], hours: number): BillingRow[] {
  return bill.filter(({ intervalStart }) => intervalStart < MONDAY + hours * MICROS_PER_HOUR);
}

export function times(bill: readonly BillingRow[], factor: (hour: number) => number): BillingRow[] {
  return bill.map((row) => ({
    ...row,
    costNano: Math.round(
      row.costNano * factor(Math.floor((row.intervalStart - MONDAY) / MICROS_PER_HOUR)),
    ),
  }));
}
