import type { Clock } from '../ports/clock.ts';
import type { JournalHealth } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';

const DROPS_TOLD_EVERY_US = 10_000_000;

/** Tells the log when the journal fails, when it works again, and what it loses; never a line a record. */
export class JournalAlarm {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #dir: string;
  #failing = false;
  #droppedTold = 0;
  #dropsToldAt = Number.NEGATIVE_INFINITY;

  constructor(dir: string, log: Log, clock: Clock) {
    this.#dir = dir;
    this.#log = log;
    this.#clock = clock;
  }

  note(health: JournalHealth): void {
    const { ok, lastError, entriesAtRisk, entriesDropped } = health;
    const fields = { journal: this.#dir, lastError, entriesAtRisk, entriesDropped };
    if (!ok && !this.#failing) {
      this.#log.error(fields, 'the journal cannot be written: records wait in memory alone');
    } else if (ok && this.#failing) {
      this.#log.warn(fields, 'the journal is written again, and what waited is in it');
    }
    this.#failing = !ok;
    this.#noteDrops(entriesDropped, fields);
  }

  /** At the end: what still waits is lost. */
  closed({ entriesAtRisk, entriesDropped, lastError }: JournalHealth): void {
    if (entriesAtRisk === 0) return;
    this.#log.error(
      { journal: this.#dir, lastError, entriesLost: entriesAtRisk, entriesDropped },
      'the journal was closed while it could not be written: the records that waited are lost',
    );
  }

  #noteDrops(dropped: number, fields: object): void {
    const now = this.#clock.monotonic();
    if (dropped === this.#droppedTold || now - this.#dropsToldAt < DROPS_TOLD_EVERY_US) return;
    this.#log.error(
      { ...fields, droppedSinceTold: dropped - this.#droppedTold },
      'journal entries were dropped: the buffer is full',
    );
    this.#droppedTold = dropped;
    this.#dropsToldAt = now;
  }
}
