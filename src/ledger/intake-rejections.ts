import type { LedgerTransaction } from './prepared-query.ts';

/** A record that the ledger does not take, as it was in the journal. */
export interface IntakeRejection {
  readonly requestId: string;
  readonly reason: string;
  readonly record: unknown;
}

/**
 * Whether a refusal is about what was to be stored, so that repeating it is in vain: a constraint, a range, a value that
 * the driver cannot bind, a request that cannot be priced. A ledger that is away, locked or full is not.
 */
export function isAboutData(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (typeof code !== 'string') return false;
  // Classes 22 and 23 of SQL: data exceptions, and violated constraints.
  return /^2[23][0-9A-Z]{3}$/.test(code) || /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code);
}

/** Keeps records for a person to look at. Repeating it changes nothing. */
export async function keepRejections(
  trx: LedgerTransaction,
  journal: string,
  { rejections, at }: { readonly rejections: readonly IntakeRejection[]; readonly at: number },
): Promise<void> {
  for (const { requestId, reason, record } of rejections) {
    await trx
      .insertInto('intake_rejected')
      .values({
        journal,
        request_id: requestId.replaceAll('\u0000', '\ufffd'),
        reason: reason.replaceAll('\u0000', '\ufffd'),
        payload: JSON.stringify(record),
        rejected_at: at,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
