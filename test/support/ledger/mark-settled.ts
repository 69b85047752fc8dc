import { sql } from 'kysely';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';

/** As settlement does with requests that used no container. */
export async function markSettled({ db }: Ledger): Promise<void> {
  await sql`insert into request_costs (seq, session_id, attribution)
    select seq, 0, 'inferred' from requests
    where seq not in (select seq from request_costs)`.execute(db);
}
