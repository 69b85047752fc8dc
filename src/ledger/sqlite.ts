import { closeSync, fdatasyncSync, openSync, statSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import { ARRAY_ROWS_TEXT } from './array-rows.ts';
import type { Database } from './database.ts';
import type { Ledger, LedgerUpkeep } from './ledger.ts';
import { ledgerProblem } from './ledger-problem.ts';

const MIB = 1_048_576;
const BUSY_TIMEOUT_MS = 2_000;
const STATEMENTS_KEPT = 300;

/** The ledger in one SQLite file. */
export function openSqlite(file: string, readOnly: boolean): Ledger {
  const connection = connect(file, readOnly);
  const db = new Kysely<Database>({
    dialect: new SqliteDialect({ database: new CachingDatabase(connection, readOnly) }),
  });
  return {
    kind: 'sqlite',
    db,
    upkeep: sqliteUpkeep(connection, file),
    close: async () => {
      await db.destroy();
      if (connection.open) connection.close();
    },
  };
}

function connect(file: string, readOnly: boolean): BetterSqlite3.Database {
  const connection = open(file, readOnly);
  try {
    connection.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    connection.pragma('foreign_keys = on');
    connection.pragma('temp_store = memory');
    connection.pragma(`cache_size = ${-32 * 1_024}`);
    if (!readOnly) {
      // Takes effect only before the first table is made; deletion gives no space back without it.
      connection.pragma('auto_vacuum = incremental');
      connection.pragma('journal_mode = wal');
      // A commit outlives the process. What must outlive a power cut goes through makeDurable().
      connection.pragma('synchronous = normal');
      connection.pragma(`journal_size_limit = ${64 * MIB}`);
      // 16 MiB: rows come in bulk, and pages that several commits touch are then copied once.
      connection.pragma('wal_autocheckpoint = 4000');
    }
    return connection;
  } catch (error) {
    connection.close();
    throw unusable(file, error);
  }
}

function open(file: string, readOnly: boolean): BetterSqlite3.Database {
  try {
    if (!readOnly) makePrivate(file);
    return new BetterSqlite3(file, { fileMustExist: readOnly, readonly: readOnly });
  } catch (error) {
    throw unusable(file, error);
  }
}

/** Paths, clients and spend are not for everybody on the machine; the files beside it take the mode of this one. */
function makePrivate(file: string): void {
  if (isInMemory(file)) return;
  try {
    closeSync(openSync(file, 'wx', 0o640));
  } catch {
    // It is there already, or cannot be: SQLite then says why.
  }
}

function isInMemory(file: string): boolean {
  return file === ':memory:' || file === '';
}

function unusable(file: string, error: unknown): Error {
  return new Error(`cannot open the ledger ${file}: ${ledgerProblem(error)}`, { cause: error });
}

function sqliteUpkeep(connection: BetterSqlite3.Database, file: string): LedgerUpkeep {
  const inMemory = isInMemory(file);
  const pragma = (name: string) => Number(connection.pragma(name, { simple: true }));
  return {
    makeDurable: async () => {
      // Committed frames are in the log file, or a checkpoint has moved and synced them already.
      if (!inMemory) syncFile(`${file}-wal`);
    },
    reclaim: async (pages) => {
      // A count below 1 would mean all of them.
      if (pages >= 1) connection.pragma(`incremental_vacuum(${Math.floor(pages)})`);
      return pragma('freelist_count');
    },
    checkpoint: async () => {
      connection.pragma('wal_checkpoint(truncate)');
    },
    checkIntegrity: async () => {
      const rows = connection.pragma('integrity_check') as { integrity_check: string }[];
      return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
    },
    size: async () => ({
      bytes: pragma('page_count') * pragma('page_size'),
      walBytes: inMemory ? 0 : sizeOf(`${file}-wal`),
      freeBytes: pragma('freelist_count') * pragma('page_size'),
    }),
  };
}

function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Keeps prepared statements by their text, so that a query which Kysely compiled once is also prepared
 * once. Transactions of the writer take the write lock at once: a later upgrade could fail half-way.
 */
class CachingDatabase implements SqliteDatabase {
  readonly #connection: BetterSqlite3.Database;
  readonly #begin: string;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(connection: BetterSqlite3.Database, readOnly: boolean) {
    this.#connection = connection;
    this.#begin = readOnly ? 'begin' : 'begin immediate';
  }

  prepare(sql: string): SqliteStatement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const text = sql === 'begin' ? this.#begin : sql;
    const prepared = this.#connection.prepare(text);
    if (text.includes(ARRAY_ROWS_TEXT)) prepared.raw(true);
    const statement: SqliteStatement = {
      reader: prepared.reader,
      all: (parameters) => prepared.all(parameters),
      run: (parameters) => prepared.run(parameters),
      // A statement being iterated refuses other use, so each iteration has its own.
      iterate: (parameters) => this.#connection.prepare(text).iterate(parameters),
    };
    if (this.#statements.size >= STATEMENTS_KEPT) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }
}
