import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ResponseError } from '../../../src/proxy/response-error.ts';
import type { ResponseHead } from '../../../src/proxy/response-head.ts';
import { ResponseParser } from '../../../src/proxy/response-parser.ts';

interface Parsed {
  head: ResponseHead | null;
  payload: string;
  raw: string;
  information: string[];
  ended: boolean;
}

function parse(pieces: readonly string[], toHead = false): Parsed & { parser: ResponseParser } {
  const parsed: Parsed = { head: null, payload: '', raw: '', information: [], ended: false };
  const parser = new ResponseParser(
    {
      onInformation: (_status, head) => parsed.information.push(head.toString('latin1')),
      onHead: (head) => {
        parsed.head = head;
      },
      onPayload: (payload) => {
        parsed.payload += payload.toString('latin1');
      },
      onForward: (raw) => {
        parsed.raw += raw.toString('latin1');
      },
      onEnd: (raw) => {
        parsed.raw += raw?.toString('latin1') ?? '';
        parsed.ended = true;
      },
    },
    toHead,
    8_192,
  );
  for (const piece of pieces) {
    parser.execute(Buffer.from(piece, 'latin1'));
  }
  return { ...parsed, parser };
}

const CHUNKED_BODY = '3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\n';
const CHUNKED = `HTTP/1.1 200 Very OK\r\nX-A: 1\r\ntransfer-Encoding: chunked\r\nx-a:  2 \r\n\r\n${CHUNKED_BODY}`;

test('keeps reason, order, case and repeats of a head', () => {
  const { head } = parse([CHUNKED]);
  expect(head?.reason).toBe('Very OK');
  expect(head?.headers).toEqual(['X-A', '1', 'transfer-Encoding', 'chunked', 'x-a', '2']);
});

test('passes chunks on as they came, extensions and trailers included, and reads the payload', () => {
  const { payload, raw, ended } = parse([CHUNKED]);
  expect(payload).toBe('abc0123456789');
  expect(raw).toBe(CHUNKED_BODY);
  expect(ended).toBe(true);
});

test('reads the same from any split of the bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(CHUNKED.length), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), CHUNKED.length];
      const pieces = at.slice(1).map((end, index) => CHUNKED.slice(at[index], end));
      const { payload, raw, ended } = parse(pieces.filter((piece) => piece !== ''));
      expect([payload, raw, ended]).toEqual(['abc0123456789', CHUNKED_BODY, true]);
    }),
  );
});

test('holds the terminating chunk back until it is complete', () => {
  const end = CHUNKED.indexOf('0\r\nX-Sum');
  const { raw, ended } = parse([CHUNKED.slice(0, end + 6)]);
  expect(raw).toBe(CHUNKED_BODY.slice(0, CHUNKED_BODY.indexOf('0\r\nX-Sum')));
  expect(ended).toBe(false);
});

test('passes interim responses on as received and goes on to the final one', () => {
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
  const { information, head } = parse([
    `HTTP/1.1 100 Continue\r\n\r\n${early}HTTP/1.1 204 No Content\r\n\r\n`,
  ]);
  expect(information).toEqual(['HTTP/1.1 100 Continue\r\n\r\n', early]);
  expect(head?.status).toBe(204);
});

describe('a response without a body', () => {
  test.each([
    ['to HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', true],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', false],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', false],
    ['of length 0', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', false],
  ])('%s ends with its head', (_name, text, toHead) => {
    const { ended, payload } = parse([text], toHead);
    expect([ended, payload]).toEqual([true, '']);
  });
});

test('a body without a length ends with the connection', () => {
  const parsed = parse(['HTTP/1.1 200 OK\r\n\r\nab', 'cd']);
  expect(parsed.ended).toBe(false);
  expect(parsed.raw).toBe('abcd');
  expect(() => parsed.parser.finish()).not.toThrow();
  expect(parsed.parser.done).toBe(true);
});

test('a connection that ends in the middle of a message is an error', () => {
  const { parser } = parse(['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab']);
  expect(() => parser.finish()).toThrow(ResponseError);
});

test('gives back what comes behind the message', () => {
  const { parser } = parse([]);
  const rest = parser.execute(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc'));
  expect(rest?.toString()).toBe('bc');
});

describe('refuses', () => {
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['a bare line feed after the status line', 'HTTP/1.1 200 OK\nA: b\r\n\r\n'],
    ['bare line feeds throughout', 'HTTP/1.1 200 OK\nA: b\n\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nabc\r\n\r\n'],
    ['a null byte', 'HTTP/1.1 200 OK\r\nA: \0\r\n\r\n'],
    ['a carriage return inside a value', 'HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['an unknown transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    [
      'a chunk size that is no number',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxy\r\n',
    ],
    [
      'a chunk longer than its size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc',
    ],
    ['a bare line feed after a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\na'],
    ['an endless head', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(9_000)}`],
    [
      'an endless framing line',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}`,
    ],
  ])('%s', (_name, text) => {
    expect(() => parse([text])).toThrow(ResponseError);
  });
});
