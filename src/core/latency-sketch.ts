/**
 * Quantiles of durations in a few hundred bytes: counts in buckets whose bounds grow by a constant
 * factor, so that any quantile is off by at most 1 %, and sketches of parts add up to the sketch of the
 * whole. The scheme is DDSketch's (Masson, Rim, Lee: VLDB 2019) without its bucket collapsing: durations
 * up to a safe integer of microseconds fill at most 1,840 buckets.
 */

export const RELATIVE_ERROR = 0.01;

const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
const BASE = 36;

export class LatencySketch {
  readonly #buckets = new Map<number, number>();
  /** The buckets in order, while no new one has come. */
  #sorted: number[] | null = null;
  #zeros = 0;
  #count = 0;

  /** How many durations went in. */
  get count(): number {
    return this.#count;
  }

  /** Adds a duration, `times` times. Negative ones count as 0. */
  add(duration: number, times = 1): void {
    this.#count += times;
    if (duration <= 0) {
      this.#zeros += times;
      return;
    }
    this.#addTo(Math.ceil(Math.log(duration) / LOG_GAMMA), times);
  }

  merge(other: LatencySketch): void {
    this.#count += other.#count;
    this.#zeros += other.#zeros;
    for (const [bucket, count] of other.#buckets) this.#addTo(bucket, count);
  }

  /** The duration that a share `q` (0 to 1) of the durations does not exceed; `null` when there are none. */
  quantile(q: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.min(this.#count, Math.max(1, Math.ceil(q * this.#count)));
    let seen = this.#zeros;
    if (seen >= rank) return 0;
    for (const bucket of this.#sortedBuckets()) {
      seen += this.#buckets.get(bucket) ?? 0;
      if (seen >= rank) return middleOf(bucket);
    }
    return null;
  }

  /** How many durations are at most `limit`, give or take those within 1 % of it. */
  countUpTo(limit: number): number {
    let count = limit >= 0 ? this.#zeros : 0;
    for (const [bucket, inBucket] of this.#buckets) {
      if (middleOf(bucket) <= limit) count += inBucket;
    }
    return count;
  }

  /** Zeros, then per bucket its distance from the one before and its count, in base 36; empty for none. */
  toText(): string {
    if (this.#count === 0) return '';
    let previous = 0;
    let text = this.#zeros.toString(BASE);
    for (const bucket of this.#sortedBuckets()) {
      const count = this.#buckets.get(bucket) ?? 0;
      text += `,${(bucket - previous).toString(BASE)}`;
      if (count !== 1) text += `:${count.toString(BASE)}`;
      previous = bucket;
    }
    return text;
  }

  /** @throws RangeError when the text was not made by `toText`. */
  static parse(text: string): LatencySketch {
    const sketch = new LatencySketch();
    sketch.mergeText(text);
    return sketch;
  }

  /**
   * The same as merging the parsed text, without a sketch of its own.
   * @throws RangeError when the text was not made by `toText`; what was read until then is in the sketch.
   */
  mergeText(text: string): void {
    if (text === '') return;
    const reader = new SketchReader(text);
    const none = reader.integer();
    this.#zeros += none;
    this.#count += none;
    let bucket = 0;
    while (reader.skip(COMMA)) {
      bucket += reader.integer();
      const count = reader.skip(COLON) ? reader.integer() : 1;
      this.#addTo(bucket, count);
      this.#count += count;
    }
    reader.requireEnd();
  }

  #addTo(bucket: number, times: number): void {
    const before = this.#buckets.get(bucket);
    if (before === undefined) this.#sorted = null;
    this.#buckets.set(bucket, (before ?? 0) + times);
  }

  #sortedBuckets(): number[] {
    this.#sorted ??= [...this.#buckets.keys()].sort((a, b) => a - b);
    return this.#sorted;
  }
}

/** The value whose distance to both bounds of the bucket is the same share of them. */
function middleOf(bucket: number): number {
  return (2 * GAMMA ** bucket) / (GAMMA + 1);
}

const COMMA = 44;
const COLON = 58;
const MINUS = 45;

/** Reads base-36 integers off a text, character by character: reports merge millions of them. */
class SketchReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** True, and past it, when the next character is this one. */
  skip(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at += 1;
    return true;
  }

  integer(): number {
    const sign = this.skip(MINUS) ? -1 : 1;
    const start = this.#at;
    let value = 0;
    for (;;) {
      const digit = digitOf(this.#text.charCodeAt(this.#at));
      if (digit < 0) break;
      value = value * BASE + digit;
      this.#at += 1;
    }
    if (this.#at === start || !Number.isSafeInteger(value)) this.#refuse();
    return sign * value;
  }

  requireEnd(): void {
    if (this.#at < this.#text.length) this.#refuse();
  }

  #refuse(): never {
    throw new RangeError(`not a latency sketch: ${JSON.stringify(this.#text)}`);
  }
}

/** `0`–`9` and `a`–`z`; everything else, the end included, is negative. */
function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 122 ? code - 87 : -1;
}
