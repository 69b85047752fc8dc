import type { SpenderSpend } from '../../core/spending-limit.ts';
import type { LedgerTransaction } from '../prepared-query.ts';
import { costBy } from './cost.ts';
import { type SpendWindow, spendByEndpoint } from './spend.ts';

/** What each client and each endpoint has spent, as far as it is settled. */
export async function spenders(
  db: LedgerTransaction,
  window: SpendWindow,
): Promise<SpenderSpend[]> {
  const clients = await costBy(db, 'client', window);
  const endpoints = await spendByEndpoint(db, window);
  return [
    ...clients.flatMap(({ name, totalNano }) =>
      name === null ? [] : [{ of: 'client' as const, name, spentNano: totalNano }],
    ),
    ...endpoints.flatMap(({ endpoint, effectiveNano }) =>
      endpoint === null
        ? []
        : [{ of: 'endpoint' as const, name: endpoint, spentNano: effectiveNano }],
    ),
  ];
}
