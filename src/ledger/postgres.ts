import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';
import type { Ledger } from './ledger.ts';

const CONNECTIONS = 8;

/** The ledger in PostgreSQL, for a fleet. */
export function openPostgres(connectionString: string): Ledger {
  const pool = new pg.Pool({
    connectionString,
    max: CONNECTIONS,
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser: typeParser },
  });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {});
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  return {
    kind: 'postgres',
    db,
    upkeep: {
      // The server syncs each commit before it answers, and does its own cleaning.
      makeDurable: async () => {},
      reclaim: async () => 0,
      checkpoint: async () => {},
      checkIntegrity: async () => [],
      size: async () => ({ bytes: await databaseBytes(db), walBytes: 0, freeBytes: 0 }),
    },
    close: () => db.destroy(),
  };
}

async function databaseBytes(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{
    bytes: number;
  }>`select pg_database_size(current_database()) as bytes`.execute(db);
  return rows[0]?.bytes ?? 0;
}

/**
 * The ledger's integers are safe ones by design (see core/units), so `bigint`, and the `numeric` that
 * their sums become, are read as numbers.
 */
function typeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC) return Number;
  return pg.types.getTypeParser(oid, format);
}
