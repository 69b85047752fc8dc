import type { StoredEntry } from '../journal/entry-codec.ts';
import type { JournalPosition } from '../journal/segment-reader.ts';
import { type Replay, type ReplayState, replay } from './journal-replay.ts';
import type { Ledger } from './ledger.ts';
import type { NameDictionary } from './names.ts';
import { loadOpenRequests, saveOpenRequests } from './open-requests.ts';
import type { LedgerTransaction } from './prepared-query.ts';

/** Where intake is in one journal, in memory as the ledger has it. */
export class JournalTail {
  readonly #ledger: Ledger;
  journal: string;
  position: JournalPosition | null = null;
  #state: ReplayState | null = null;

  constructor(ledger: Ledger, journal: string) {
    this.#ledger = ledger;
    this.journal = journal;
  }

  /** Reads the place from the ledger, unless memory has it. A journal with another id starts anew. */
  async load(journal: string): Promise<void> {
    if (this.#state !== null && this.journal === journal) return;
    const { db } = this.#ledger;
    const stored = await db
      .selectFrom('journal_offsets')
      .selectAll()
      .where('journal', '=', journal)
      .executeTakeFirst();
    const open = await loadOpenRequests(db, journal);
    this.journal = journal;
    this.position =
      stored === undefined ? null : { segment: stored.segment, offset: stored.offset };
    const lastEntryAt = stored?.last_entry_at ?? 0;
    this.#state = { open, lastEntryAt, clockAt: null, carried: null };
  }

  isAt(next: JournalPosition): boolean {
    return this.position?.segment === next.segment && this.position.offset === next.offset;
  }

  /** @throws Error when not loaded. */
  replay(entries: readonly StoredEntry[]): Replay {
    return replay(this.#loaded(), entries);
  }

  async save(
    trx: LedgerTransaction,
    names: NameDictionary,
    { replayed, position }: { replayed: Replay; position: JournalPosition },
  ): Promise<void> {
    const { journal } = this;
    await saveOpenRequests(trx, names, {
      journal,
      before: this.#loaded().open,
      after: replayed.open,
    });
    const place = { ...position, last_entry_at: replayed.lastEntryAt };
    if (!(await this.#move(trx, place))) {
      throw new Error(
        `another office has taken in the journal ${journal} meanwhile; nothing of this batch was stored`,
      );
    }
  }

  /** `false`: the ledger's place is not the one that this office read from. */
  async #move(
    trx: LedgerTransaction,
    place: JournalPosition & { last_entry_at: number },
  ): Promise<boolean> {
    const { journal, position } = this;
    if (position === null) {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('journal_offsets')
        .values({ journal, ...place })
        .onConflict((conflict) => conflict.column('journal').doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    }
    const { numUpdatedRows } = await trx
      .updateTable('journal_offsets')
      .set(place)
      .where('journal', '=', journal)
      .where('segment', '=', position.segment)
      .where('offset', '=', position.offset)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** After the commit. */
  advance(replayed: Replay, position: JournalPosition): void {
    this.#state = replayed;
    this.position = position;
  }

  /** After a rollback: the ledger is asked again. */
  unload(): void {
    this.#state = null;
  }

  #loaded(): ReplayState {
    if (this.#state === null) throw new Error('the journal’s place has not been loaded');
    return this.#state;
  }
}
