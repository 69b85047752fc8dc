import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BodyRule } from '../../../src/core/endpoint.ts';
import { JsonTap } from '../../../src/proxy/usage/json-tap.ts';
import type { TapReading } from '../../../src/proxy/usage/response-tap.ts';
import { TopLevelFields } from '../../../src/proxy/usage/top-level-fields.ts';

const CHUNK_BYTES = 65_536;

/** What a body says that comes in chunks as a socket reads them. */
function read(body: string, rule: BodyRule): TapReading {
  const tap = new JsonTap(rule);
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    tap.push(bytes.subarray(at, at + CHUNK_BYTES));
  }
  let reading: TapReading | null = null;
  tap.finish((told) => {
    reading = told;
  });
  return reading as unknown as TapReading;
}

/** 1.2 million characters of what a model writes: JSON in a string, with everything that misleads. */
const LONG = 'a{"error": "x", "usage": {"completion_tokens": 9}} \\'.repeat(25_000);
const CUSTOM = { errorPath: '$.result.problems[0]', tokensPath: 'stats.tokens.out' };
const TELLING = { error: 'boom', tokens_used: 7 };

describe('a body of megabytes', () => {
  test.each<[string, object, BodyRule]>([
    ['at its beginning', { ...TELLING, ir: LONG }, 'lift-sys'],
    ['at its end', { ir: LONG, ...TELLING }, 'lift-sys'],
    ['in the middle', { ir: LONG, ...TELLING, trace: [LONG, { tokens_used: 1 }] }, 'lift-sys'],
    [
      'at paths of its own',
      { stats: { tokens: { out: 7 } }, text: LONG, result: { problems: ['no'] } },
      CUSTOM,
    ],
    [
      'in the shape of OpenAI',
      { error: { message: 'x' }, data: [LONG], usage: { completion_tokens: 7 } },
      'openai',
    ],
  ])('tells its error and its tokens %s', (_where, body, rule) => {
    const { failed, tokensOut } = read(JSON.stringify(body), rule);
    expect({ failed, tokensOut }).toEqual({ failed: true, tokensOut: 7 });
  });

  test('is no failure for what its text or its nested fields say', () => {
    const body = { ir: { error: 'nested', text: LONG }, error: null, tokens_used: 7 };
    const { failed, tokensOut } = read(JSON.stringify(body), 'lift-sys');
    expect({ failed, tokensOut }).toEqual({ failed: false, tokensOut: 7 });
  });

  test('is a failure however long its error is', () => {
    const { failed, tokensOut } = read(JSON.stringify({ error: LONG, tokens_used: 7 }), 'lift-sys');
    expect({ failed, tokensOut }).toEqual({ failed: true, tokensOut: 7 });
  });

  test('that breaks off tells what had passed', () => {
    const whole = JSON.stringify({ tokens_used: 7, ir: LONG, error: 'boom' });
    const { failed, tokensOut } = read(whole.slice(0, -4), 'lift-sys');
    expect({ failed, tokensOut }).toEqual({ failed: false, tokensOut: 7 });
  });

  test('that is no object tells nothing', () => {
    const { failed, tokensOut } = read(JSON.stringify([LONG, 'error', TELLING]), 'lift-sys');
    expect({ failed, tokensOut }).toEqual({ failed: false, tokensOut: null });
  });
});

/** Top-level fields of a text that comes in these pieces. */
function fieldsOf(pieces: readonly Buffer[], wanted: Iterable<string>): Record<string, unknown> {
  const fields = new TopLevelFields(new Set(wanted));
  for (const piece of pieces) fields.push(piece);
  return { ...fields.found };
}

describe('top-level fields', () => {
  const text =
    ' {"a" : "é\\\\\\"},\\\\", "b":[{"a":1,"c":"]"}, "a"],"c":{"b":2} , "d":-1.5e3,"e":"","f":null,"a b":true } x';
  const expected = JSON.parse(text.slice(0, -1));

  test('are found at whichever byte their text is cut', () => {
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(fieldsOf(pieces, Object.keys(expected))).toEqual(expected);
    }
    const single = Array.from(bytes, (byte) => Buffer.of(byte));
    expect(fieldsOf(single, Object.keys(expected))).toEqual(expected);
  });

  test('equal what a parser finds, in whatever pieces', () => {
    const pieceLength = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), pieceLength, (object, length) => {
        // A key with an escape in it, or with a meaning of its own in JavaScript, is never one of ours.
        const names = Object.keys(object).filter(
          (key) => JSON.stringify(key) === `"${key}"` && !(key in Object.prototype),
        );
        const bytes = Buffer.from(JSON.stringify(object));
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += length) {
          pieces.push(bytes.subarray(at, at + length));
        }
        const found = fieldsOf(pieces, names);
        const wanted = JSON.parse(bytes.toString());
        for (const name of names) expect(found[name]).toEqual(wanted[name]);
      }),
    );
  });

  test.each(['', 'null', '"a":1', '[{"a":1}]', '{"a":}', '{"a" 1}', '{"a":1', '}{"a":1}'])(
    'of %j are none',
    (text) => {
      expect(fieldsOf([Buffer.from(text)], ['a'])).toEqual({});
    },
  );
});
