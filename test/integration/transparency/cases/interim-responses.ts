import {
  answer,
  request,
  response,
  same,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const GET = [request('GET /i')];
const OK = response('200 OK', [], 'ok');
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const EARLY = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nlink: </b.css>\r\n\r\n';
const expecting = request('POST /e', ['Expect: 100-continue', 'Content-Length: 4']);

export const interimResponses: TransparencyFamily = [
  same('103 with its headers, then the answer', GET, {
    upstream: answer(EARLY, OK),
    statuses: [103, 200],
  }),
  same('two of 103, with silence between', GET, {
    upstream: answer(EARLY, { pauseMs: 20 }, EARLY, { pauseMs: 20 }, OK),
    statuses: [103, 103, 200],
  }),
  same('102 while it works', GET, {
    upstream: answer('HTTP/1.1 102 Processing\r\n\r\n', { pauseMs: 20 }, OK),
    statuses: [102, 200],
  }),
  same('103 and the answer in one packet', GET, {
    upstream: answer(EARLY + OK),
    statuses: [103, 200],
  }),
  same(
    'Expect: 100-continue, accepted by the upstream',
    [expecting, { awaitText: '100 Continue' }, 'body'],
    {
      methods: ['POST'],
      upstream: [CONTINUE, 'await-body', OK],
      statuses: [100, 200],
    },
  ),
  same(
    'Expect with a chunked body',
    [
      request('POST /e', ['Expect: 100-continue', 'Transfer-Encoding: chunked']),
      { awaitText: '100 Continue' },
      '2\r\nhi\r\n0\r\n\r\n',
    ],
    {
      methods: ['POST'],
      upstream: [CONTINUE, 'await-body', OK],
      statuses: [100, 200],
    },
  ),
  same('Expect, refused with 417', [expecting], {
    methods: ['POST'],
    upstream: [response('417 Expectation Failed', ['Connection: close'], 'no'), 'end'],
    statuses: [417],
    untilClose: true,
  }),
  same('Expect, refused with 401: the body is never sent', [expecting], {
    methods: ['POST'],
    upstream: [response('401 Unauthorized', ['Connection: close'], 'who'), 'end'],
    statuses: [401],
    untilClose: true,
  }),
  same(
    'an expectation that nobody knows',
    [request('POST /e', ['Expect: a-miracle', 'Content-Length: 4'], 'body')],
    {
      methods: ['POST'],
      upstream: answer(response('417 Expectation Failed', [], 'no')),
      statuses: [417],
    },
  ),
  same('103 before a 304', GET, {
    upstream: answer(EARLY, 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'),
    statuses: [103, 304],
  }),
  same('103 before the answer to HEAD', [request('HEAD /i')], {
    methods: ['HEAD'],
    upstream: answer(EARLY, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'),
    statuses: [103, 200],
  }),
  same('a client that does not wait for the 100', [expecting, 'body'], {
    methods: ['POST'],
    upstream: [CONTINUE, 'await-body', OK],
    statuses: [100, 200],
  }),
];
