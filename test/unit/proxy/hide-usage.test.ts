import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canHideUsage, HideUsage } from '../../../src/proxy/hide-usage.ts';
import type { ResponseHead } from '../../../src/proxy/response-head.ts';

const TOKEN = 'data: {"choices":[{"delta":{"content":"ü"}}],"usage":null}';
const USAGE = 'data: {"choices": [ ],"usage" : {"prompt_tokens":1}}';
const DONE = 'data: [DONE]';
/** Azure's first frame: no choices and no usage either. */
const FILTERS = 'data: {"choices":[],"prompt_filter_results":[],"usage":null}';
/** Continuous usage, which the client asked for itself. */
const COUNTED = 'data: {"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":1}}';

const LINE_ENDS = ['\n', '\r\n', '\r'] as const;

/** What the client gets of each piece, and of the end. */
function pass(pieces: readonly (Buffer | string)[]): string[] {
  const filter = new HideUsage();
  const shown = pieces.map((piece) => filter.push(Buffer.from(piece)));
  return [...shown, filter.end()].map((bytes) => bytes.toString('latin1'));
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

describe.each(LINE_ENDS)('with lines that end in %j', (eol) => {
  const framed = (...frames: string[]) =>
    frames.map((frame) => `event: chunk${eol}${frame}${eol}${eol}`).join('');
  const whole = Buffer.from(framed(FILTERS, TOKEN, COUNTED, USAGE, DONE));
  const expected = latin1(framed(FILTERS, TOKEN, COUNTED, DONE));

  test('the usage chunk is hidden, and no other, at whichever byte the stream is cut', () => {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      expect(pass([whole.subarray(0, cut), whole.subarray(cut)]).join('')).toBe(expected);
    }
  });

  test('the same goes for single bytes', () => {
    expect(pass(Array.from(whole, (byte) => Buffer.of(byte))).join('')).toBe(expected);
  });

  test('a frame passes at once when it is whole', () => {
    const pieces = [FILTERS, TOKEN, USAGE, DONE].map((frame) => framed(frame));
    const shown = [FILTERS, TOKEN, '', DONE].map((frame) => (frame && latin1(framed(frame))) || '');
    expect(pass(pieces)).toEqual([...shown, '']);
  });

  test('a usage chunk behind which the stream breaks off is hidden as well', () => {
    expect(pass([framed(TOKEN), USAGE]).join('')).toBe(latin1(framed(TOKEN)));
    expect(pass([framed(TOKEN), `${DONE}${eol}`]).join('')).toBe(
      latin1(`${framed(TOKEN)}${DONE}${eol}`),
    );
  });
});

test('any mixture of line ends and cuts shows every frame but the usage chunk', () => {
  const frame = fc.record({
    text: fc.constantFrom(TOKEN, USAGE, DONE, FILTERS, COUNTED, ': ping'),
    ends: fc.tuple(fc.constantFrom(...LINE_ENDS), fc.constantFrom('\n', '\r\n')),
  });
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat(600)), (frames, cuts) => {
      // A CR with an LF behind it is one line end, not two.
      const made = frames.map(({ text, ends: [one, two] }) => ({
        text,
        bytes: `${text}${one === '\r' && two === '\n' ? '\n' : one}${two}`,
      }));
      const whole = Buffer.from(made.map(({ bytes }) => bytes).join(''));
      const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b)];
      const pieces = at.map((start, index) => whole.subarray(start, at[index + 1]));
      const shown = made.filter(({ text }) => text !== USAGE).map(({ bytes }) => bytes);
      expect(pass(pieces).join('')).toBe(latin1(shown.join('')));
    }),
  );
});

test('a frame without end passes as it comes, and the usage chunk behind it is hidden', () => {
  const long = `data: ${'x'.repeat(100_000)}`;
  const shown = pass([long, 'y'.repeat(100_000), 'z'.repeat(100_000), 'more\r\n', '\r\n', USAGE]);
  expect(shown.slice(0, 2)).toEqual(['', '']);
  expect(shown[2]?.length).toBeGreaterThan(300_000);
  expect(shown[4]).toBe('e\r\n\r\n');
  expect(shown.join('')).toBe(`${long}${'y'.repeat(100_000)}${'z'.repeat(100_000)}more\r\n\r\n`);
});

test('a chunk of whole frames without usage passes without being copied', () => {
  const payload = Buffer.from(`${TOKEN}\n\n${TOKEN}\n\n`);
  expect(new HideUsage().push(payload).buffer).toBe(payload.buffer);
});

describe('the usage chunk can be hidden', () => {
  const head = (...headers: string[]) => ({ headers }) as Partial<ResponseHead> as ResponseHead;

  test.each([
    [true, ['Content-Type', 'text/event-stream; charset=utf-8']],
    [true, ['content-type', 'Text/Event-Stream', 'Content-Encoding', 'identity']],
    [false, ['Content-Type', 'text/event-stream', 'content-encoding', 'GZIP']],
    [false, ['Content-Encoding', 'br', 'Content-Type', 'text/event-stream']],
    [false, ['Content-Type', 'application/json']],
    [false, []],
  ])('%s with %j', (expected, headers) => {
    expect(canHideUsage(head(...headers))).toBe(expected);
  });
});
