import type { InterruptedRequest } from '../core/crash-recovery.ts';
import type { NameDictionary } from './names.ts';
import { chunksOf, type LedgerTransaction } from './prepared-query.ts';

export type OpenRequests = Map<string, InterruptedRequest>;

/** Requests of one journal that are open in the ledger, by id. */
export async function loadOpenRequests(
  db: LedgerTransaction,
  journal: string,
): Promise<OpenRequests> {
  const rows = await db
    .selectFrom('open_requests')
    .select(['id', 'payload'])
    .where('journal', '=', journal)
    .execute();
  return new Map(rows.map((row) => [row.id, JSON.parse(row.payload) as InterruptedRequest]));
}

/** Makes the ledger's open requests those of `after`, given that they are those of `before`. */
export async function saveOpenRequests(
  trx: LedgerTransaction,
  names: NameDictionary,
  change: { journal: string; before: OpenRequests; after: OpenRequests },
): Promise<void> {
  const { journal, before, after } = change;
  const gone = [...before.keys()].filter((id) => !after.has(id));
  const changed = [...after].filter(([id, open]) => before.get(id) !== open);
  for (const ids of chunksOf(gone, 500)) {
    await trx.deleteFrom('open_requests').where('id', 'in', ids).execute();
  }
  for (const [, { request }] of changed) names.want('endpoint', request.endpoint);
  await names.resolve(trx);
  const rows = changed.map(([id, open]) => ({
    id,
    journal,
    started_at: open.request.startedAt,
    endpoint_id: names.idOf('endpoint', open.request.endpoint),
    parked: open.parked === null ? 0 : 1,
    payload: JSON.stringify(open),
  }));
  for (const chunk of chunksOf(rows, 100)) {
    await trx
      .insertInto('open_requests')
      .values(chunk)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          journal: eb.ref('excluded.journal'),
          parked: eb.ref('excluded.parked'),
          payload: eb.ref('excluded.payload'),
        })),
      )
      .execute();
  }
}
