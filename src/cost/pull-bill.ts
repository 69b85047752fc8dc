import type { EpochMicros, Micros } from '../core/units.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { billingCompleteUntil, storeBillingBatch } from '../ledger/queries/billing.ts';
import type { Clock } from '../ports/clock.ts';
import type { BillingSource } from '../ports/collector.ts';
import type { Reconciler, ReconciliationReport } from './reconcile.ts';

export interface BillPullSettings {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly source: BillingSource;
  /** Length of the intervals that `source` asks for: an hour or a day. */
  readonly intervalUs: Micros;
  readonly reconciler: Reconciler;
}

export interface BillPullReport {
  readonly rows: number;
  /** Rows of earlier pulls that these replaced. */
  readonly replaced: number;
  /** What was stored, `null` when nothing was. */
  readonly span: { readonly from: EpochMicros; readonly to: EpochMicros } | null;
  readonly reconciliation: ReconciliationReport | null;
}

/**
 * Pulls Modal's bill and compares it. Each batch is stored as it comes, so a pull that breaks keeps what came
 * before, compares that, and asks for the rest next time.
 * @throws what the source threw, after what did come was stored and compared.
 */
export async function pullBill(
  settings: BillPullSettings,
  signal: AbortSignal,
): Promise<BillPullReport> {
  const { ledger, clock, source, intervalUs, reconciler } = settings;
  const now = clock.now();
  const completeUntil = await billingCompleteUntil(ledger.db, intervalUs);
  let rows = 0;
  let replaced = 0;
  const stored: { from: EpochMicros; to: EpochMicros }[] = [];
  let failure: { readonly error: unknown } | null = null;
  try {
    for await (const batch of source.pull({ now, completeUntil, signal })) {
      const change = await ledger.db
        .transaction()
        .execute((trx) => storeBillingBatch(trx, batch, now));
      rows += change.rows;
      replaced += change.removed;
      stored.push(batch);
    }
  } catch (error) {
    failure = { error };
  }
  const [first] = stored;
  const last = stored.at(-1);
  const span = first === undefined || last === undefined ? null : { from: first.from, to: last.to };
  const reconciliation = span === null ? null : await reconciler.run(span);
  if (failure !== null) throw failure.error;
  return { rows, replaced, span, reconciliation };
}
