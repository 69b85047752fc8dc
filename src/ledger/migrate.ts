import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { ledgerProblem } from './ledger-problem.ts';
import { MIGRATIONS } from './migrations/list.ts';

/**
 * Applies the migrations that the store does not have yet, in order.
 * @throws Error naming the migration that failed, and a way out; the ones before it stay applied.
 */
export async function migrateLedger(db: Kysely<Database>): Promise<void> {
  requireNoneUnknown(await appliedMigrations(db));
  const { error, results } = await migratorOf(db).migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName;
  const where = failed === undefined ? 'before the first migration' : `at migration ${failed}`;
  throw new Error(
    `the ledger's tables could not be brought up to date (${where}): ${ledgerProblem(error)}`,
    { cause: error },
  );
}

/** @throws Error when a newer version has changed the tables: nobody here knows what they hold now. */
function requireNoneUnknown(applied: ReadonlySet<string>): void {
  const unknown = [...applied].filter((name) => !(name in MIGRATIONS));
  if (unknown.length === 0) return;
  throw new Error(
    `the ledger has ${unknown.length} migrations that this version does not know (first: ${unknown[0]}). ` +
      'A ledger written by a newer tripmeter cannot be opened by an older one: run the newer version.',
  );
}

/** @throws Error when the store cannot be read. */
async function appliedMigrations(db: Kysely<Database>): Promise<ReadonlySet<string>> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
    return new Set(rows.map((row) => row.name));
  } catch (error) {
    if (isMissingTable(error)) return new Set();
    throw new Error(`the ledger cannot be read: ${ledgerProblem(error)}`, { cause: error });
  }
}

function isMissingTable(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === '42P01' || (message ?? '').startsWith('no such table');
}

/**
 * For readers, which change nothing.
 * @throws Error when the store has not seen every migration, or has seen one that is unknown here.
 */
export async function requireCurrentSchema(db: Kysely<Database>): Promise<void> {
  const applied = await appliedMigrations(db);
  requireNoneUnknown(applied);
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
