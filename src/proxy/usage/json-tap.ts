import type { BodyRule } from '../../core/endpoint.ts';
import { factsOf, wantedFields } from './body-facts.ts';
import { NOTHING_READ, type ResponseTap, type TapReading } from './response-tap.ts';
import { topLevelFields } from './top-level-fields.ts';

/** Up to here a body is simply parsed: it takes a fraction of a millisecond. */
const PARSE_BYTES = 32 * 1024;
/** Up to here it is searched for the fields that count; of a longer one, only the tail. */
const SEARCH_BYTES = 1024 * 1024;
const TAIL_BYTES = 64 * 1024;

/** Reads a JSON body once it is complete. It keeps references to at most 1 MiB of what has passed. */
export class JsonTap implements ResponseTap {
  readonly #rule: BodyRule;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #cut = false;

  constructor(rule: BodyRule) {
    this.#rule = rule;
  }

  push(payload: Buffer): void {
    this.#chunks.push(payload);
    this.#bytes += payload.length;
    if (this.#bytes > SEARCH_BYTES) {
      this.#keepTail();
    }
  }

  finish(done: (reading: TapReading) => void): void {
    // latin1 keeps the structure, and of the text only ASCII names matter.
    const text = this.#chunks.map((chunk) => chunk.toString('latin1')).join('');
    this.#chunks = [];
    done(this.#cut ? this.#factsOfTail(text) : this.#factsOfWhole(text));
  }

  #factsOfWhole(text: string): TapReading {
    if (text.length > PARSE_BYTES) {
      return factsOf(topLevelFields(text, wantedFields(this.#rule)), this.#rule);
    }
    try {
      return factsOf(JSON.parse(text), this.#rule);
    } catch {
      return NOTHING_READ;
    }
  }

  /** The last fields of a long body: `usage` and the like stand at the end. */
  #factsOfTail(text: string): TapReading {
    const at = text.lastIndexOf('"usage"');
    if (at < 0) {
      return NOTHING_READ;
    }
    return factsOf(topLevelFields(`{${text.slice(at)}`, wantedFields(this.#rule)), this.#rule);
  }

  #keepTail(): void {
    this.#cut = true;
    while (this.#chunks.length > 1 && this.#bytes - (this.#chunks[0]?.length ?? 0) >= TAIL_BYTES) {
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
    }
  }
}
