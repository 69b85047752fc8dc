import {
  answer,
  hungUp,
  request,
  response,
  same,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const a = request('GET /a');
const b = request('GET /b');
const c = request('GET /c');
const big = Buffer.alloc(300_000, 'x');
const replies = {
  '/a': answer(response('200 OK', [], 'first')),
  '/b': answer(response('200 OK', [], 'second')),
  '/c': answer(response('404 Not Found', [], 'third')),
};

export const connections: TransparencyFamily = [
  same('two requests, one after the other', [a, { awaitText: 'first' }, b], {
    methods: ['GET', 'GET'],
    upstream: replies,
    statuses: [200, 200],
  }),
  same('three requests in one packet are answered in order', [a + b + c], {
    methods: ['GET', 'GET', 'GET'],
    upstream: { ...replies, '/a': answer({ pauseMs: 60 }, response('200 OK', [], 'first')) },
    statuses: [200, 200, 404],
  }),
  same(
    'pipelined requests with bodies',
    [
      request('POST /a', ['Content-Length: 3'], 'abc') +
        request('POST /b', ['Transfer-Encoding: chunked'], '2\r\nhi\r\n0\r\n\r\n') +
        c,
    ],
    { methods: ['POST', 'POST', 'GET'], upstream: replies, statuses: [200, 200, 404] },
  ),
  same(
    'a large body, then a small one on the same connection',
    [
      request('POST /a', [`Content-Length: ${big.length}`]),
      big,
      { awaitText: 'first' },
      request('POST /b', ['Content-Length: 2'], 'hi'),
      { awaitText: 'second' },
      c,
    ],
    { methods: ['POST', 'POST', 'GET'], upstream: replies, statuses: [200, 200, 404] },
  ),
  same('a large response, then a small one', [a, { awaitText: 'xend' }, b], {
    methods: ['GET', 'GET'],
    upstream: { ...replies, '/a': answer(response('200 OK', [], `${'x'.repeat(500_000)}xend`)) },
    statuses: [200, 200],
  }),
  same('HEAD, then GET', [request('HEAD /a') + b], {
    methods: ['HEAD', 'GET'],
    upstream: { ...replies, '/a': answer('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n') },
    statuses: [200, 200],
  }),
  same('204 and 304, then a body', [a + b + c], {
    methods: ['GET', 'GET', 'GET'],
    upstream: {
      '/a': answer('HTTP/1.1 204 No Content\r\n\r\n'),
      '/b': answer('HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'),
      '/c': answer(response('200 OK', [], 'body')),
    },
    statuses: [204, 304, 200],
  }),
  same('Connection: close from the client', [request('GET /a', ['Connection: close'])], {
    upstream: { '/a': answer(response('200 OK', ['Connection: close'], 'bye'), 'end') },
    untilClose: true,
  }),
  same('HTTP/1.0 without keep-alive', ['GET /a HTTP/1.0\r\nHost: h\r\n\r\n'], {
    upstream: { '/a': answer(response('200 OK', ['Connection: close'], 'old'), 'end') },
    untilClose: true,
  }),
  same('HTTP/1.0 that ends with the connection', ['GET /a HTTP/1.0\r\nHost: h\r\n\r\n'], {
    upstream: { '/a': answer('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nolder', 'end') },
    untilClose: true,
  }),
  same(
    'HTTP/1.0 with keep-alive: two requests on one connection',
    [
      'GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n',
      { awaitText: 'first' },
      'GET /b HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n',
    ],
    {
      methods: ['GET', 'GET'],
      upstream: {
        '/a': answer(response('200 OK', ['Connection: keep-alive'], 'first')),
        '/b': answer(response('200 OK', ['Connection: keep-alive'], 'second')),
      },
      statuses: [200, 200],
    },
  ),
  same('sixteen requests in one packet', [Array(16).fill(a).join('')], {
    methods: Array(16).fill('GET'),
    upstream: replies,
    statuses: Array(16).fill(200),
  }),
  same('an upstream that closes after each answer', [a, { awaitText: 'first' }, b], {
    methods: ['GET', 'GET'],
    upstream: { ...replies, '/b': answer(response('200 OK', [], 'second')) },
    statuses: [200, 200],
  }),
  same('an upstream that is silent for a second', [a], {
    upstream: { '/a': answer({ pauseMs: 1_000 }, response('200 OK', [], 'at last')) },
  }),
  same('a stream that is silent for a second', [a], {
    upstream: {
      '/a': answer(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n',
        { pauseMs: 1_000 },
        '1\r\nb\r\n0\r\n\r\n',
      ),
    },
  }),
  same('empty lines before a request', [`\r\n\r\n${a}`], { upstream: replies }),
  hungUp(
    'a client that closes its side looks like one that left, and is taken for it',
    [a, 'end'],
    ['await-body', { awaitText: 'nothing more' }],
  ),
  hungUp(
    'a client that resets while it waits',
    [a, { pauseMs: 30 }, 'reset'],
    ['await-body', { awaitText: 'nothing more' }],
  ),
  hungUp(
    'a client that resets in the middle of its body',
    [request('POST /a', ['Content-Length: 8'], 'half'), { pauseMs: 30 }, 'reset'],
    ['await-body'],
  ),
];
