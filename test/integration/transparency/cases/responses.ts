import { brotliCompressSync, gzipSync } from 'node:zlib';
import {
  answer,
  request,
  response,
  same,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const GET = [request('GET /r')];
const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const packed = gzipSync('{"choices":[]}');
const brotli = brotliCompressSync('{"choices":[]}');
const mebibyte = Buffer.alloc(1_048_576, 'tripmeter ');
const sized = (body: Buffer, headers: readonly string[] = []) => [
  `${['HTTP/1.1 200 OK', ...headers, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n`,
  body,
];

const headers: readonly (readonly [string, readonly string[]])[] = [
  [
    'order and case of headers',
    ['x-lower: 1', 'X-UPPER: 2', 'content-TYPE: text/plain', 'x-mixed: 3'],
  ],
  [
    'three Set-Cookie lines',
    [
      'Set-Cookie: a=1; Path=/',
      'Set-Cookie: b=2',
      'set-cookie: c=3; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
    ],
  ],
  [
    'repeated Vary and WWW-Authenticate',
    ['Vary: a', 'Vary: b', 'WWW-Authenticate: Basic', 'WWW-Authenticate: Bearer realm="x, y"'],
  ],
  ['an empty header value', ['X-Empty: ', 'X-After: 1']],
  ['header bytes above 127', ['X-Latin: caf\xe9']],
  [
    'Date and Server of the upstream',
    ['Date: Mon, 01 Jan 2024 00:00:00 GMT', 'Server: modal-http'],
  ],
  [
    'what Modal adds',
    ['Modal-Function-Call-Id: fc-01', 'Alt-Svc: h3=":443"; ma=2592000', 'Vary: accept-encoding'],
  ],
  ['Server-Timing of the upstream', ['Server-Timing: gpu;dur=12.5, queue;dur=1']],
  [
    'Content-Disposition in UTF-8',
    ["Content-Disposition: attachment; filename*=UTF-8''%e2%82%ac.txt"],
  ],
];

const statuses: readonly (readonly [string, number])[] = [
  ['200 Fine Thanks', 200],
  ['200 ', 200],
  ['299 Own Status', 299],
  ['400 Bad Request', 400],
  ["418 I'm a teapot", 418],
  ['429 Too Many Requests', 429],
  ['500 Internal Server Error', 500],
  ['503 Service Unavailable', 503],
  ['599 Whatever', 599],
];

export const responses: TransparencyFamily = [
  ...headers.map(([name, lines]) =>
    same(`${name} reach the client`, GET, { upstream: answer(response('200 OK', lines, 'x')) }),
  ),
  ...statuses.map(([line, status]) =>
    same(`"${line}" keeps status and reason`, GET, {
      upstream: answer(response(line, [], 'x')),
      statuses: [status],
    }),
  ),
  same('a status line without a reason or its space', GET, {
    upstream: answer('HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n'),
  }),
  same('an empty body with a length', GET, { upstream: answer(response('200 OK')) }),
  same('one mebibyte', GET, { upstream: answer(...sized(mebibyte)) }),
  same('gzip stays packed', GET, {
    upstream: answer(...sized(packed, ['Content-Encoding: gzip'])),
  }),
  same('brotli stays packed', GET, {
    upstream: answer(...sized(brotli, ['Content-Encoding: br'])),
  }),
  same('JSON keeps its odd spelling', GET, {
    upstream: answer(
      ...sized(Buffer.from('{ "a" : 1.0 , "a":1 }'), ['Content-Type: application/json']),
    ),
  }),
  same('204 has no body and no length', GET, {
    upstream: answer('HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n'),
    statuses: [204],
  }),
  same('304 may name the length it would have', GET, {
    upstream: answer('HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 512\r\n\r\n'),
    statuses: [304],
  }),
  same('205 with a length of zero', GET, {
    upstream: answer(response('205 Reset Content')),
    statuses: [205],
  }),
  same('a redirect that is not Modal’s keeps its Location', GET, {
    upstream: answer(response('303 See Other', ['Location: https://elsewhere.example/a?b=c'])),
    statuses: [303],
  }),
  same('a permanent redirect with a relative Location', GET, {
    upstream: answer(response('301 Moved Permanently', ['Location: ../up?x=1#frag'])),
    statuses: [301],
  }),
  same('chunked', GET, { upstream: answer(chunkedHead, '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n') }),
  same('chunked in one packet with its head', GET, {
    upstream: answer(`${chunkedHead}3\r\nabc\r\n0\r\n\r\n`),
  }),
  same('chunked with size lines in pieces', GET, {
    upstream: answer(
      chunkedHead,
      '0',
      { pauseMs: 20 },
      '3\r',
      { pauseMs: 20 },
      '\nab',
      { pauseMs: 20 },
      'c\r\n0\r\n',
      { pauseMs: 20 },
      '\r\n',
    ),
  }),
  same('chunk extensions', GET, {
    upstream: answer(chunkedHead, '3;a="b;c"\r\nabc\r\n0;last\r\n\r\n'),
  }),
  same('chunked with trailers', GET, {
    upstream: answer(
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n',
      '3\r\nabc\r\n0\r\nX-Sum: 900150983cd24fb0\r\nX-More: 1\r\n\r\n',
    ),
  }),
  same('a body that ends with the connection', GET, {
    upstream: answer('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end', 'end'),
    untilClose: true,
  }),
  same('server-sent events, packet by packet', GET, {
    upstream: answer(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
      '9\r\ndata: 1\n\n\r\n',
      { pauseMs: 30 },
      '9\r\ndata: 2\n\n\r\n',
      { pauseMs: 30 },
      '0\r\n\r\n',
    ),
  }),
  same('four mebibytes into a client that reads slowly', [...GET, { stopReadingMs: 150 }], {
    upstream: answer(...sized(Buffer.concat(Array(4).fill(mebibyte)))),
  }),
];
