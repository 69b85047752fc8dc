import type { LedgerTransaction } from '../prepared-query.ts';

/** The ledger's number of each endpoint that has ever had a request, by name. */
export async function endpointNumbers(db: LedgerTransaction): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('names')
    .select(['id', 'value'])
    .where('kind', '=', 'endpoint')
    .execute();
  return new Map(rows.map(({ id, value }) => [value, id]));
}
