import type { Kysely } from 'kysely';
import type { Database } from './database.ts';
import { migrateLedger, requireCurrentSchema } from './migrate.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

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

/** The one store of everything that is known. Written by one thread at a time, read by any. */
export interface Ledger {
  readonly kind: 'sqlite' | 'postgres';
  readonly db: Kysely<Database>;
  readonly upkeep: LedgerUpkeep;
  close(): Promise<void>;
}

/** What a store needs done that no query can say. */
export interface LedgerUpkeep {
  /** Returns when everything committed so far outlives a power cut. */
  makeDurable(): Promise<void>;
  /** Gives up to `pages` free pages back to the file system; how many pages are still free. */
  reclaim(pages: number): Promise<number>;
  /** Bounds the write-ahead log. */
  checkpoint(): Promise<void>;
  /** The store's own check of its files: a line for each damage, none when sound. */
  checkIntegrity(): Promise<string[]>;
  size(): Promise<LedgerSize>;
}

export interface LedgerSize {
  readonly bytes: number;
  readonly walBytes: number;
  readonly freeBytes: number;
}

/**
 * Opens the store and brings its tables up to date.
 * @throws Error when it cannot be opened, is newer than this program, or, read-only, is older.
 */
export async function openLedger(settings: LedgerSettings): Promise<Ledger> {
  const readOnly = settings.readOnly ?? false;
  const ledger =
    settings.kind === 'sqlite'
      ? openSqlite(settings.file, readOnly)
      : openPostgres(settings.connectionString);
  try {
    await (readOnly ? requireCurrentSchema(ledger.db) : migrateLedger(ledger.db));
  } catch (error) {
    await ledger.close();
    throw error;
  }
  return ledger;
}
