import { ID_RANDOM_DIGITS, uuidv7 } from '../core/ids.ts';
import type { EpochMicros } from '../core/units.ts';

const IDS_AT_ONCE = 400;

/** New request ids. Random bits are drawn for many at once: the system is asked seldom. */
export class RequestIds {
  readonly #random: (bytes: number) => Uint8Array;
  #digits = '';
  #at = 0;

  constructor(random: (bytes: number) => Uint8Array) {
    this.#random = random;
  }

  next(at: EpochMicros): string {
    if (this.#at >= this.#digits.length) {
      const bytes = this.#random((ID_RANDOM_DIGITS / 2) * IDS_AT_ONCE);
      this.#digits = Buffer.from(bytes).toString('hex');
      this.#at = 0;
    }
    const from = this.#at;
    this.#at += ID_RANDOM_DIGITS;
    return uuidv7(at, this.#digits, from);
  }
}
