import type { Compilable, CompiledQuery, Kysely, QueryResult, Transaction } from 'kysely';
import type { Database } from './database.ts';

export type LedgerTransaction = Kysely<Database> | Transaction<Database>;

/**
 * A query that Kysely compiled once, run again and again with other parameters. Intake would otherwise
 * spend most of its time compiling the same few statements.
 */
export class PreparedQuery<Row = unknown> {
  readonly #compiled: CompiledQuery<Row>;

  /** @throws RangeError when the query does not have exactly `parameters` parameters. */
  constructor(query: Compilable<Row>, parameters: number) {
    this.#compiled = query.compile();
    const found = this.#compiled.parameters.length;
    if (found !== parameters) {
      throw new RangeError(`a query with ${parameters} parameters was compiled with ${found}`);
    }
  }

  run(trx: LedgerTransaction, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    return trx.executeQuery<Row>({ ...this.#compiled, parameters });
  }
}

/** Parts of `items` with at most `size` each. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
