import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';

/** Operation and client of the given kinds of requests. */
export async function requestKindParts(db: LedgerTransaction, ids: readonly number[]) {
  const parts = new Map<number, { operation_id: number | null; client_id: number | null }>();
  for (const chunk of chunksOf(ids, 1_000)) {
    const rows = await db
      .selectFrom('request_kinds')
      .select(['id', 'operation_id', 'client_id'])
      .where('id', 'in', chunk)
      .execute();
    for (const { id, ...rest } of rows) parts.set(id, rest);
  }
  return parts;
}
