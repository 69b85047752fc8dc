import type { EndpointSettings } from '../core/endpoint.ts';
import { type EpochMicros, MICROS_PER_HOUR, type Micros } from '../core/units.ts';
import { billedIntervals } from '../ledger/queries/billing.ts';
import { endpointNumbers } from '../ledger/queries/endpoint-numbers.ts';
import {
  noteSettings,
  noteStanding,
  type SettingsPeriod,
} from '../ledger/queries/endpoint-settings.ts';
import { rawHorizon } from '../ledger/queries/raw-rows.ts';
import {
  oldestOpen,
  type PoolWork,
  poolWork,
  thinCheckpoints,
} from '../ledger/queries/settlement.ts';
import type { PoolState } from './pool-settlement.ts';
import { createReconciler } from './reconcile.ts';
import { SettlementRun } from './settlement-run.ts';
import type { SettlementSettings } from './settlement-settings.ts';
import { isLate } from './settlement-start.ts';

export interface SettlementReport {
  /** Containers are settled up to here, unless requests that are still open hold them back. */
  readonly until: EpochMicros;
  readonly pools: number;
  readonly rowsRead: number;
  /** Requests whose cost became final. */
  readonly settled: number;
  /** Pools that late rows made go back. */
  readonly rewound: number;
  /** Hours whose figure changed after they had been settled. */
  readonly corrections: number;
}

export interface Settlement {
  /**
   * Settles what has come since the last run, up to `until` (default: now, less the delay). May be stopped
   * at any moment and run again: each step is one transaction, and the same rows give the same figures.
   * Runs do not overlap: a second call waits for the first.
   * @throws Error when the ledger refuses; nothing of the step is then stored.
   */
  run(options?: { readonly until?: EpochMicros }): Promise<SettlementReport>;
}

const DELAY_US: Micros = 10_000_000;
const HOURLY_KEPT_US = 72 * MICROS_PER_HOUR;

/** The job that turns closed requests into container time and dollars that add up. */
export function createSettlement(settings: SettlementSettings): Settlement {
  let queue: Promise<unknown> = Promise.resolve();
  return {
    run: (options = {}) => {
      const next = queue.then(() => runOnce(settings, options.until));
      queue = next.catch(() => {});
      return next;
    },
  };
}

async function runOnce(
  settings: SettlementSettings,
  wanted: EpochMicros | undefined,
): Promise<SettlementReport> {
  const { ledger, clock } = settings;
  const now = clock.now();
  const until = Math.min(wanted ?? now - (settings.delayUs ?? DELAY_US), now);
  const periods = await settingsOf(settings, { now, until });
  const run = await SettlementRun.create(settings, periods, now);
  const open = await oldestOpen(ledger.db);
  const work = (await poolWork(ledger.db)).map((pool) => ({
    ...pool,
    horizon: horizonOf(settings, pool, { until, oldestOpen: open.get(pool.endpoint) ?? null }),
  }));
  const late = work.filter(isLate);
  for (const part of [late, work.filter((pool) => !isLate(pool))]) {
    if (part.length > 0) await run.settle(part);
  }
  await run.settleUnserved(until);
  await thinCheckpoints(ledger.db, now - HOURLY_KEPT_US, await rawHorizon(ledger.db));
  if (run.changedFrom !== null) await scaleAgain(settings, { from: run.changedFrom, to: now });
  return { until, pools: work.length, rewound: late.length, ...run.counts };
}

/** What is settled anew is worth what the model says; where a bill is known, it has to sum to that again. */
async function scaleAgain(
  settings: SettlementSettings,
  { from, to }: { readonly from: EpochMicros; readonly to: EpochMicros },
): Promise<void> {
  const window = { from: from - (from % MICROS_PER_HOUR), to };
  const bill = await billedIntervals(settings.ledger.db, window.from, window.to);
  if (bill.length > 0) await createReconciler(settings).run(window);
}

/** Never back behind what is settled, and not past the start of a request that may still close. */
function horizonOf(
  { waitForOpenUs = MICROS_PER_HOUR }: SettlementSettings,
  pool: PoolWork,
  { until, oldestOpen: oldest }: { until: EpochMicros; oldestOpen: EpochMicros | null },
): EpochMicros {
  const held = oldest === null ? until : Math.max(Math.min(until, oldest), until - waitForOpenUs);
  return Math.max(held, pool.settledUntil ?? Number.NEGATIVE_INFINITY);
}

async function settingsOf(
  { ledger, endpoints }: SettlementSettings,
  { now, until }: { readonly now: EpochMicros; readonly until: EpochMicros },
): Promise<Map<number, SettingsPeriod[]>> {
  const numbers = await endpointNumbers(ledger.db);
  const current = new Map<number, EndpointSettings>();
  for (const endpoint of endpoints) {
    const number = numbers.get(endpoint.name) ?? (await standingNumber(ledger, endpoint, until));
    if (number !== undefined) current.set(number, endpoint);
  }
  return await noteSettings(ledger.db, current, now);
}

const NOTHING_YET: PoolState = { folds: [], waiting: [] };

/** Containers that stand cost money before the first request comes. */
async function standingNumber(
  { db }: SettlementSettings['ledger'],
  endpoint: EndpointSettings,
  since: EpochMicros,
): Promise<number | undefined> {
  if (endpoint.minContainers === 0) return undefined;
  const given = { since, state: JSON.stringify(NOTHING_YET) };
  return await db.transaction().execute((trx) => noteStanding(trx, endpoint, given));
}
