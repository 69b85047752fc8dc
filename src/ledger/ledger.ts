import type { Kysely } from 'kysely';
import type { Database } from './database.ts';

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

interface LedgerSize {
  readonly bytes: number;
  readonly walBytes: number;
  readonly freeBytes: number;
}
