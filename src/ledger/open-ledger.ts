import type { Ledger } from './ledger.ts';
import { migrateLedger, requireCurrentSchema } from './migrate.ts';
import { openSqlite } from './sqlite.ts';

export type { Ledger } from './ledger.ts';

export type LedgerSettings =
  | {
      readonly kind: 'sqlite';
      /** Path, or `:memory:`. */
      readonly file: string;
      /** Opens beside a writer: no migrations, no writes. Default false. */
      readonly readOnly?: boolean;
    }
  | {
      readonly kind: 'postgres';
      readonly connectionString: string;
      readonly readOnly?: boolean;
    };

/**
 * Opens the store and brings its tables up to date.
 * @throws Error when it cannot be opened, is newer than this program, or, read-only, is older.
 */
export async function openLedger(settings: LedgerSettings): Promise<Ledger> {
  const readOnly = settings.readOnly ?? false;
  const ledger =
    settings.kind === 'sqlite'
      ? openSqlite(settings.file, readOnly)
      : // Most installations never need its driver.
        (await import('./postgres.ts')).openPostgres(settings.connectionString);
  try {
    await (readOnly ? requireCurrentSchema(ledger.db) : migrateLedger(ledger.db));
  } catch (error) {
    await ledger.close();
    throw error;
  }
  return ledger;
}
