import type { BodyRule } from '../../core/endpoint.ts';
import type { Micros } from '../../core/units.ts';
import { factsOf, hasToken } from './body-facts.ts';
import { NOTHING_READ, type ResponseTap, type TapReading } from './response-tap.ts';

const FRAME_BYTES = 256 * 1024;
/** Frames that are looked into before the first token: after that only the telling ones are. */
const FRAMES_BEFORE_TOKEN = 1_000;
const TELLING =
  /"usage"\s*:\s*\{|"finish_reason"\s*:\s*"|"error"\s*:|"metrics"\s*:\s*\{|"response"\s*:\s*\{/;
// Frames name what they do not tell as well: `"usage":null`.
const USAGE = /"(?:usage|metrics)"\s*:\s*\{/;
const FINISH = /"finish_reason"\s*:\s*"|"response"\s*:\s*\{/;

/**
 * Reads a `text/event-stream` line by line; a line ends in LF, CR or both. Of the frames it keeps the newest that tells usage and the
 * newest that tells a finish, and parses them at the end: a token costs no more than a search.
 */
export class SseTap implements ResponseTap {
  readonly #rule: BodyRule;
  #line = '';
  #at: Micros = 0;
  #skipping = false;
  #frames = 0;
  #firstTokenUs: Micros | null = null;
  #model: string | null = null;
  #usageFrame: string | null = null;
  #finishFrame: string | null = null;
  #failed = false;

  constructor(rule: BodyRule) {
    this.#rule = rule;
  }

  push(payload: Buffer, at: Micros): void {
    let text = payload.toString('latin1');
    if (this.#line === '' && !this.#skipping && this.#isDull(text)) {
      return;
    }
    const searched = this.#line.length;
    text = this.#line + text;
    this.#at = at;
    let start = 0;
    for (let end = lineEnd(text, searched); end >= 0; end = lineEnd(text, start)) {
      if (!this.#skipping) {
        this.#onLine(text.slice(start, end), at);
      }
      this.#skipping = false;
      start = end + 1;
    }
    this.#line = text.slice(start);
    if (this.#line.length > FRAME_BYTES) {
      this.#line = '';
      this.#skipping = true;
    }
  }

  finish(done: (reading: TapReading) => void): void {
    // The last line may have no end. One that was cut off tells nothing.
    const last = this.#skipping ? '' : this.#line;
    if (parsedJson(last.slice('data:'.length)) !== undefined) this.#onLine(last, this.#at);
    const usage = this.#parsed(this.#usageFrame);
    const finish = this.#parsed(this.#finishFrame);
    done({
      ...usage,
      model: usage.model ?? this.#model,
      finishReason: finish.finishReason ?? usage.finishReason,
      firstTokenUs: this.#firstTokenUs,
      failed: this.#failed,
    });
  }

  /** A whole number of frames, none of which tells anything: the common case of a token. */
  #isDull(text: string): boolean {
    return (
      this.#firstTokenUs !== null &&
      (text.endsWith('\n') || text.endsWith('\r')) &&
      !TELLING.test(text)
    );
  }

  #onLine(line: string, at: Micros): void {
    if (!line.startsWith('data:')) {
      return;
    }
    const data = line.slice(5).trim();
    if (data === '' || data === '[DONE]') {
      return;
    }
    this.#frames += 1;
    if (this.#firstTokenUs === null && this.#frames <= FRAMES_BEFORE_TOKEN) {
      this.#lookForToken(data, at);
    }
    if (TELLING.test(data)) {
      this.#keepTelling(data);
    }
  }

  #lookForToken(data: string, at: Micros): void {
    const document = parsedJson(data);
    this.#model ??= factsOf(document, this.#rule).model;
    if (document === undefined || hasToken(document)) {
      this.#firstTokenUs = at;
    }
  }

  #keepTelling(data: string): void {
    if (USAGE.test(data)) this.#usageFrame = data;
    if (FINISH.test(data)) this.#finishFrame = data;
    if (data.includes('"error"')) {
      this.#failed ||= factsOf(parsedJson(data), this.#rule).failed;
    }
  }

  #parsed(frame: string | null): TapReading {
    return frame === null ? NOTHING_READ : factsOf(parsedJson(frame), this.#rule);
  }
}

const LINE_END = /[\r\n]/g;

/** Of CR and LF together the first is found; the empty line between them says nothing. */
function lineEnd(text: string, from: number): number {
  LINE_END.lastIndex = from;
  return LINE_END.test(text) ? LINE_END.lastIndex - 1 : -1;
}

/** @param text each character a byte: few frames come here, and only here it matters which letters they are. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'latin1').toString());
  } catch {
    return undefined;
  }
}
