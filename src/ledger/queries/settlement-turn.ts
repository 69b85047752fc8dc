import type { LedgerTransaction } from '../prepared-query.ts';

const COUNTER = 'settlement_turn';

/**
 * Takes the turn to write settled figures. Whoever had it before fails at its next step and leaves nothing
 * half written: the office, a command beside it and the comparison with the bill take turns this way.
 */
export async function takeTurn(db: LedgerTransaction): Promise<number> {
  const row = await db
    .insertInto('counters')
    .values({ name: COUNTER, value: 1 })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({ value: eb('counters.value', '+', 1) })),
    )
    .returning('value')
    .executeTakeFirstOrThrow();
  return row.value;
}

/**
 * To be called first in every transaction of a turn.
 * @throws Error when another has taken the turn since.
 */
export async function requireTurn(trx: LedgerTransaction, turn: number): Promise<void> {
  // The update locks the row until the transaction ends, in PostgreSQL too.
  const row = await trx
    .updateTable('counters')
    .set({ value: turn })
    .where('name', '=', COUNTER)
    .where('value', '=', turn)
    .returning('value')
    .executeTakeFirst();
  if (row === undefined) {
    throw new Error(
      'another settlement or reconciliation has started since; this one stops, and what it had ' +
        'committed stays. The next run goes on from there.',
    );
  }
}
