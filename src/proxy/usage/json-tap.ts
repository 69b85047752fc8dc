import type { BodyRule } from '../../core/endpoint.ts';
import { factsOf, wantedFields } from './body-facts.ts';
import { NOTHING_READ, type ResponseTap, type TapReading } from './response-tap.ts';
import { TopLevelFields } from './top-level-fields.ts';

/** Up to here a body is parsed once it is complete: it takes a fraction of a millisecond. */
const PARSE_BYTES = 32 * 1024;

/** Reads a JSON body of any length. Of a long one, the fields that count are looked for while it passes. */
export class JsonTap implements ResponseTap {
  readonly #rule: BodyRule;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #fields: TopLevelFields | null = null;

  constructor(rule: BodyRule) {
    this.#rule = rule;
  }

  push(payload: Buffer): void {
    if (this.#fields !== null) {
      this.#fields.push(payload);
      return;
    }
    this.#chunks.push(payload);
    this.#bytes += payload.length;
    if (this.#bytes > PARSE_BYTES) this.#lookForFields();
  }

  finish(done: (reading: TapReading) => void): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    done(
      this.#fields === null
        ? this.#factsOfWhole(Buffer.concat(chunks, this.#bytes))
        : factsOf(this.#fields.found, this.#rule),
    );
  }

  #factsOfWhole(body: Buffer): TapReading {
    try {
      return factsOf(JSON.parse(body.toString()), this.#rule);
    } catch {
      return NOTHING_READ;
    }
  }

  #lookForFields(): void {
    this.#fields = new TopLevelFields(wantedFields(this.#rule));
    for (const chunk of this.#chunks) this.#fields.push(chunk);
    this.#chunks = [];
  }
}
