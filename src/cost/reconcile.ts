import { BILL_FINAL_AFTER_US } from '../core/billing-row.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type { Reconciliation, ReconciliationInput } from '../core/reconciliation/bill-diagnosis.ts';
import { diagnoseBill, replayMayTell } from '../core/reconciliation/diagnose-bill.ts';
import { type EpochMicros, MICROS_PER_HOUR } from '../core/units.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { type BilledInterval, billedIntervals, pulledSpan } from '../ledger/queries/billing.ts';
import { noteCorrections } from '../ledger/queries/corrections.ts';
import { endpointNumbers } from '../ledger/queries/endpoint-numbers.ts';
import {
  modelledByHour,
  saveBilledSessions,
  saveReconciliations,
  settledUntil,
} from '../ledger/queries/reconciliations.ts';
import { requestKindParts } from '../ledger/queries/request-kind-parts.ts';
import { lastSessionId } from '../ledger/queries/settlement.ts';
import { requireTurn, takeTurn } from '../ledger/queries/settlement-turn.ts';
import { appOf, billedHours, refreshSpendHours } from '../ledger/queries/spend-hours.ts';
import type { Clock } from '../ports/clock.ts';
import { billInput, type ReconciledApp } from './bill-input.ts';
import { withReplay } from './bill-replay.ts';
import { scaledSessions } from './scale-to-bill.ts';
import { SettlementOutput } from './settlement-output.ts';

export interface ReconcilerSettings {
  readonly ledger: Ledger;
  readonly endpoints: readonly EndpointSettings[];
  readonly priceBook: PriceBook;
  readonly clock: Clock;
}

export interface AppReconciliation extends Reconciliation {
  readonly app: string;
  readonly endpoints: readonly string[];
}

export interface ReconciliationReport {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly apps: readonly AppReconciliation[];
  /** Billed to objects that no endpoint's `modalApp` names: volumes, other apps. */
  readonly otherNano: number;
  /** Requests whose cost now sums to the bill. */
  readonly requestsReconciled: number;
  /** Hours whose effective spend the bill has changed. */
  readonly corrections: number;
}

export interface Reconciler {
  /**
   * Compares the hours that start in `[from, to)` with the bill, takes the bill for their effective spend,
   * and scales the requests' costs to it. May be repeated: a newer bill replaces the older.
   */
  run(window: {
    readonly from: EpochMicros;
    readonly to: EpochMicros;
  }): Promise<ReconciliationReport>;
}

export function createReconciler(settings: ReconcilerSettings): Reconciler {
  return { run: (window) => runReconciler(settings, window) };
}

async function runReconciler(
  settings: ReconcilerSettings,
  window: { readonly from: EpochMicros; readonly to: EpochMicros },
): Promise<ReconciliationReport> {
  const { db } = settings.ledger;
  const numbers = await endpointNumbers(db);
  const apps = reconciledApps(settings.endpoints, numbers);
  const known = new Set(apps.map(({ app }) => app));
  const bill = await billedIntervals(db, window.from, window.to);
  const corrections = await applyBill(settings, apps, { bill, window });
  const reports: AppReconciliation[] = [];
  let requestsReconciled = 0;
  for (const app of apps) {
    const own = bill.filter((interval) => appOf(interval, known) === app.app);
    const result = await reconcileApp(settings, app, { bill: own, window });
    if (result === null) continue;
    reports.push(result);
    requestsReconciled += await scaleRequests(settings, app, {
      window,
      scale: result.scaleRequests,
    });
  }
  const other = bill.filter((interval) => !known.has(appOf(interval, known)));
  return {
    ...window,
    apps: reports,
    otherNano: other.reduce((sum, { costNano }) => sum + costNano, 0),
    requestsReconciled,
    corrections,
  };
}

function reconciledApps(
  endpoints: readonly EndpointSettings[],
  numbers: ReadonlyMap<string, number>,
): ReconciledApp[] {
  const apps = new Map<string, ReconciledApp['endpoints'][number][]>();
  for (const settings of endpoints) {
    const { modalApp, name } = settings;
    const number = numbers.get(name);
    if (modalApp === null || number === undefined) continue;
    apps.set(modalApp, [...(apps.get(modalApp) ?? []), { number, settings }]);
  }
  return [...apps].map(([app, list]) => ({ app, endpoints: list }));
}

/** Sums the covered hours anew, with the bill. */
async function applyBill(
  { ledger, clock }: ReconcilerSettings,
  apps: readonly ReconciledApp[],
  {
    bill,
    window,
  }: {
    readonly bill: readonly BilledInterval[];
    readonly window: { readonly from: EpochMicros; readonly to: EpochMicros };
  },
): Promise<number> {
  const byEndpoint = new Map(
    apps.flatMap(({ app, endpoints }) => endpoints.map(({ number }) => [number, app] as const)),
  );
  const hours = new Set<EpochMicros>();
  for (const { start, intervalUs } of bill) {
    const end = Math.min(window.to, start + intervalUs);
    for (let hour = start; hour < end; hour += MICROS_PER_HOUR) hours.add(hour);
  }
  return await ledger.db.transaction().execute(async (trx) => {
    // Rows may have gone from a report: such an hour is the model's again.
    for (const hour of await billedHours(trx, window)) hours.add(hour);
    const changes = await refreshSpendHours(trx, hours, byEndpoint);
    return await noteCorrections(trx, changes, { at: clock.now(), reason: 'bill' });
  });
}

async function reconcileApp(
  settings: ReconcilerSettings,
  app: ReconciledApp,
  given: {
    readonly bill: readonly BilledInterval[];
    readonly window: { readonly from: EpochMicros; readonly to: EpochMicros };
  },
): Promise<AppReconciliation | null> {
  const { db } = settings.ledger;
  const numbers = app.endpoints.map(({ number }) => number);
  const until = await settledUntil(db, numbers);
  if (given.bill.length === 0 || until === null) return null;
  const modelled = await modelledByHour(db, given.window, numbers);
  const pulled = await pulledSpan(db, MICROS_PER_HOUR);
  const final = pulled === null ? null : { ...pulled, to: pulled.to - BILL_FINAL_AFTER_US };
  const input = billInput(settings.priceBook, app, { ...given, modelled, until, final });
  const simple = diagnoseBill(input);
  const result = replayMayTell(simple)
    ? await deeper(settings, app, { ...given, input, simple })
    : simple;
  await save(settings, app.app, { input, result });
  return { app: app.app, endpoints: app.endpoints.map((one) => one.settings.name), ...result };
}

/** The same figures with the cause that replays find. */
async function deeper(
  settings: ReconcilerSettings,
  app: ReconciledApp,
  given: {
    readonly bill: readonly BilledInterval[];
    readonly input: ReconciliationInput;
    readonly simple: Reconciliation;
  },
): Promise<Reconciliation> {
  const { simple } = given;
  const input = await withReplay(settings, app, given);
  if (input === null) return simple;
  const { diagnosis, explanation, explainedThousandths, scaleRequests } = diagnoseBill(input);
  return { ...simple, diagnosis, explanation, explainedThousandths, scaleRequests };
}

async function save(
  { ledger }: ReconcilerSettings,
  app: string,
  given: {
    readonly input: ReconciliationInput;
    readonly result: Reconciliation;
  },
): Promise<void> {
  const { input, result } = given;
  const rows = input.hours.flatMap((hour) =>
    hour.billedNano === null
      ? []
      : [
          {
            app,
            interval_start: hour.start,
            interval_us: hour.intervalUs,
            billed_nano: hour.billedNano,
            modelled_nano: hour.modelledNano,
            residual_nano: hour.billedNano - hour.modelledNano,
            ratio_thousandths:
              hour.modelledNano === 0
                ? null
                : Math.round((hour.billedNano / hour.modelledNano) * 1_000),
            diagnosis: result.diagnosis,
            evidence: JSON.stringify({
              explanation: result.explanation,
              explainedThousandths: result.explainedThousandths,
            }),
          },
        ],
  );
  await ledger.db.transaction().execute((trx) => saveReconciliations(trx, rows));
}

const ROWS_A_STEP = 20_000;

async function scaleRequests(
  { ledger, clock }: ReconcilerSettings,
  { endpoints }: ReconciledApp,
  given: {
    readonly window: { readonly from: EpochMicros; readonly to: EpochMicros };
    readonly scale: boolean;
  },
): Promise<number> {
  const { db } = ledger;
  const turn = await takeTurn(db);
  const kinds: Awaited<ReturnType<typeof requestKindParts>> = new Map();
  const output = new SettlementOutput(db, await lastSessionId(db), kinds);
  const billed = new Map<number, number>();
  let waiting = 0;
  let total = 0;
  const flush = async () => {
    await db.transaction().execute(async (trx) => {
      await requireTurn(trx, turn);
      await output.write(trx, clock.now());
      await saveBilledSessions(trx, billed);
    });
    output.clear();
    billed.clear();
    waiting = 0;
  };
  const numbers = endpoints.map(({ number }) => number);
  for await (const session of scaledSessions(db, given.window, {
    endpoints: numbers,
    scale: given.scale,
  })) {
    const unknown = session.rows.map(({ row }) => row.kind_id).filter((id) => !kinds.has(id));
    for (const [id, kind] of await requestKindParts(db, unknown)) kinds.set(id, kind);
    for (const { row, cost } of session.rows) output.cost(row, cost);
    billed.set(session.session, session.billedNano);
    waiting += session.rows.length;
    total += session.rows.length;
    if (waiting >= ROWS_A_STEP) await flush();
  }
  await flush();
  return total;
}
