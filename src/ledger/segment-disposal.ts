import type { WritePointHook } from '../core/write-points.ts';
import { type JournalFs, nodeFs, segmentFile } from '../journal/segment-files.ts';
import type { ReadBatch } from '../journal/segment-reader.ts';
import type { Ledger } from './ledger.ts';

/**
 * What was wrong with a segment. `torn`: its process died in a write, nothing acknowledged is missing.
 * `damaged`: bytes between records are none. `unknown`: records that this version does not know.
 * `quarantined`: read as far as it can be, and set aside.
 */
export interface IntakeNotice {
  readonly kind: 'torn' | 'damaged' | 'unknown' | 'quarantined';
  readonly file: string;
  /** Bytes, or for `unknown` the number of records. */
  readonly amount: number;
}

interface SegmentDisposalSettings {
  readonly dir: string;
  readonly fs: JournalFs | undefined;
  readonly ledger: Ledger;
  readonly onNotice: (notice: IntakeNotice) => void;
  readonly writePoint: WritePointHook;
}

/** Removes segments once the ledger has them for good; damaged ones are kept under another name. */
export class SegmentDisposal {
  readonly #settings: SegmentDisposalSettings;
  readonly #fs: JournalFs;

  constructor(settings: SegmentDisposalSettings) {
    this.#settings = settings;
    this.#fs = settings.fs ?? nodeFs;
  }

  /** Reports damage, and marks the segment on disk so that a restart still knows. */
  note(batch: ReadBatch): void {
    const file = segmentFile(this.#settings.dir, batch.segment);
    const { onNotice } = this.#settings;
    const { damagedBytes, tornBytes, unknownEntries } = batch;
    if (tornBytes > 0) onNotice({ kind: 'torn', file, amount: tornBytes });
    if (unknownEntries > 0) onNotice({ kind: 'unknown', file, amount: unknownEntries });
    if (damagedBytes > 0) onNotice({ kind: 'damaged', file, amount: damagedBytes });
    if (damagedBytes > 0 || unknownEntries > 0) this.#fs.writeFileSync(markerOf(file), '');
  }

  /** `current`: the segment being read, which stays together with all behind it. */
  async dispose(segments: readonly number[], current: number): Promise<void> {
    const done = segments.filter((segment) => segment < current);
    if (done.length === 0) return;
    await this.#settings.ledger.upkeep.makeDurable();
    this.#settings.writePoint('intake.durable');
    for (const segment of done) this.#remove(segmentFile(this.#settings.dir, segment));
  }

  #remove(file: string): void {
    const marked = this.#fs.statSync(markerOf(file), { throwIfNoEntry: false }) !== undefined;
    if (marked) {
      const amount = this.#fs.statSync(file).size;
      this.#fs.renameSync(file, `${file}.quarantined`);
      this.#fs.unlinkSync(markerOf(file));
      this.#settings.onNotice({ kind: 'quarantined', file: `${file}.quarantined`, amount });
    } else {
      this.#fs.unlinkSync(file);
    }
    this.#settings.writePoint('intake.segment-deleted');
  }
}

function markerOf(file: string): string {
  return `${file}.damaged`;
}
