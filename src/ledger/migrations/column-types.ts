import { type Kysely, SqliteAdapter, sql } from 'kysely';

/**
 * Type of an integer primary key. SQLite makes a column the row id only when its type is spelled
 * `integer`; in PostgreSQL that would be 32 bits.
 */
export function integerKeyType(db: Kysely<unknown>): 'integer' | 'bigint' {
  return isSqlite(db) ? 'integer' : 'bigint';
}

export function isSqlite(db: Kysely<unknown>): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter;
}

/** Type of text that rows are ordered by: by code unit in every store, as `<` does in a program. */
export function orderedTextType(db: Kysely<unknown>) {
  return isSqlite(db) ? 'text' : sql`text collate "C"`;
}
