import { gzipSync } from 'node:zlib';
import {
  request,
  response,
  same,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const POST = { methods: ['POST'] };
const chunkedHead = request('POST /b', ['Transfer-Encoding: chunked']);
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const packed = gzipSync('{"prompt":"x"}');
const mebibyte = Buffer.alloc(1_048_576, 'tripmeter ');

const sized = (body: Buffer, headers: readonly string[] = []) => [
  request('POST /b', [...headers, `Content-Length: ${body.length}`]),
  body,
];

export const requestBodies: TransparencyFamily = [
  same(
    'JSON keeps its odd spelling',
    sized(Buffer.from('{ "a" : 1.0,\n"a":1e0 ,"é":"\\u00e9"}')),
    POST,
  ),
  same('every byte value', sized(everyByte), POST),
  same('a length of zero', [request('POST /b', ['Content-Length: 0'])], POST),
  same('gzip stays packed', sized(packed, ['Content-Encoding: gzip']), POST),
  same('one mebibyte', sized(mebibyte), POST),
  same(
    'a length with the head in one packet',
    [request('POST /b', ['Content-Length: 3'], 'abc')],
    POST,
  ),
  same(
    'a body that comes byte by byte',
    [request('POST /b', ['Content-Length: 3']), 'a', { pauseMs: 20 }, 'b', { pauseMs: 20 }, 'c'],
    POST,
  ),
  same(
    'a head that comes in pieces',
    [
      'POST /b HT',
      { pauseMs: 20 },
      'TP/1.1\r\nHost: h\r',
      { pauseMs: 20 },
      '\nContent-Length: 1\r\n\r',
      { pauseMs: 20 },
      '\nx',
    ],
    POST,
  ),
  same('chunked', [chunkedHead, '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n'], POST),
  same(
    'chunked, chunk by chunk',
    [chunkedHead, '1\r\na\r\n', { pauseMs: 20 }, '2\r\nbc\r\n', { pauseMs: 20 }, '0\r\n\r\n'],
    POST,
  ),
  same(
    'chunked with a size line in pieces',
    [
      chunkedHead,
      '0',
      { pauseMs: 20 },
      '4\r',
      { pauseMs: 20 },
      '\nabcd\r',
      { pauseMs: 20 },
      '\n0\r\n',
      { pauseMs: 20 },
      '\r\n',
    ],
    POST,
  ),
  same(
    'chunk extensions are dropped with the chunks',
    [chunkedHead, '3;ext=1;q="a b"\r\nabc\r\n0\r\n\r\n'],
    POST,
  ),
  same('an empty chunked body', [chunkedHead, '0\r\n\r\n'], POST),
  same(
    'chunked with trailers',
    [
      request('POST /b', ['Transfer-Encoding: chunked', 'Trailer: X-Sum']),
      '3\r\nabc\r\n0\r\nX-Sum: 900150983cd24fb0\r\n\r\n',
    ],
    POST,
  ),
  same(
    'a length behind three thousand headers',
    [
      request(
        'POST /b',
        [...Array.from({ length: 3_000 }, (_, index) => `X-${index}: 1`), 'Content-Length: 3'],
        'abc',
      ),
    ],
    POST,
  ),
  same(
    'an announcement of trailers that do not come',
    [
      request('POST /b', ['TE: trailers', 'Transfer-Encoding: chunked', 'Trailer: X-Sum']),
      '3\r\nabc\r\n0\r\n\r\n',
    ],
    POST,
  ),
  same('a GET with a chunked body', [
    request('GET /b', ['Transfer-Encoding: chunked']),
    '2\r\nhi\r\n0\r\n\r\n',
  ]),
  same(
    'eight mebibytes into an upstream that reads slowly',
    sized(Buffer.concat(Array(8).fill(mebibyte))),
    {
      ...POST,
      upstream: [{ stopReadingMs: 150 }, 'await-body', response('200 OK', [], 'ok')],
    },
  ),
  same(
    'an answer before the body is complete',
    [request('POST /b', ['Content-Length: 8']), 'half', { awaitText: 'too much' }, 'rest'],
    {
      methods: ['POST'],
      upstream: [{ awaitText: 'half' }, response('413 Payload Too Large', [], 'too much')],
      statuses: [413],
    },
  ),
];
