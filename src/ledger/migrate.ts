import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { MIGRATIONS } from './migrations/list.ts';

/**
 * Applies the migrations that the store does not have yet, in order.
 * @throws Error naming the migration that failed; the ones before it stay applied.
 */
export async function migrateLedger(db: Kysely<Database>): Promise<void> {
  const { error, results } = await migratorOf(db).migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName;
  const where = failed === undefined ? 'before the first migration' : `at migration ${failed}`;
  throw new Error(
    `the ledger's tables could not be brought up to date (${where}): ${messageOf(error)}. ` +
      'A ledger written by a newer tripmeter cannot be opened by an older one.',
    { cause: error },
  );
}

/**
 * For readers, which change nothing.
 * @throws Error when the store has not seen every migration.
 */
export async function requireCurrentSchema(db: Kysely<Database>): Promise<void> {
  const applied = await sql<{ name: string }>`select name from kysely_migration`
    .execute(db)
    .then(({ rows }) => new Set(rows.map((row) => row.name)))
    .catch(() => new Set<string>());
  const missing = Object.keys(MIGRATIONS).filter((name) => !applied.has(name));
  if (missing.length > 0) {
    throw new Error(
      `the ledger lacks ${missing.length} of its migrations (first: ${missing[0]}). ` +
        'Start `tripmeter serve` once with this version; it brings the ledger up to date.',
    );
  }
}

function migratorOf(db: Kysely<Database>): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
    // Parts are developed side by side: a migration may be added with an earlier date than the newest.
    allowUnorderedMigrations: true,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
