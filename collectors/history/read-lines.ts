import { TextDecoder } from 'node:util';

/** A line of a file, or why it is not text. Numbers count from 1; empty lines are passed over. */
export type FileLine =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly problem: string };

/** A request object is about a kilobyte; a line without an end must not fill the memory. */
const MAX_LINE_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Splits bytes at line feeds, in bounded memory. Node's readline would also split at U+2028, which JSON allows
 * inside a string, and holds a line of any length.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let rest: Uint8Array[] = [];
  let held = 0;
  const close = (): FileLine | null => {
    const whole = held > MAX_LINE_BYTES ? null : Buffer.concat(rest, held);
    rest = [];
    held = 0;
    const ended = lineOf(whole, line, decoder);
    line += 1;
    return ended;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      held += at - from;
      rest.push(chunk.subarray(from, at));
      from = at + 1;
      const ended = close();
      if (ended !== null) yield ended;
    }
    held += chunk.length - from;
    // An overlong line is counted on but no longer kept.
    if (held <= MAX_LINE_BYTES) rest.push(chunk.subarray(from));
  }
  const last = held > 0 ? close() : null;
  if (last !== null) yield last;
}

function lineOf(bytes: Buffer | null, line: number, decoder: TextDecoder): FileLine | null {
  if (bytes === null) {
    return { line, problem: `longer than ${MAX_LINE_BYTES} bytes` };
  }
  try {
    const text = decoder.decode(bytes).trim();
    return text === '' ? null : { line, text };
  } catch {
    return { line, problem: 'not UTF-8 text' };
  }
}
