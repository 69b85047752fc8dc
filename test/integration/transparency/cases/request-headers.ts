import {
  request,
  same,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const kept: readonly (readonly [string, readonly string[]])[] = [
  [
    'order and case',
    ['x-lower: 1', 'X-UPPER: 2', 'X-mIxEd: 3', 'Accept: */*', 'accept-LANGUAGE: de'],
  ],
  ['repeats of one name', ['X-A: 1', 'X-B: 2', 'X-A: 3', 'x-a: 1']],
  ['two Cookie lines', ['Cookie: a=1; b=2', 'Cookie: c=3']],
  ['an empty value', ['X-Empty:', 'X-After: 1']],
  ['a value of 7,000 characters', [`X-Long: ${'v'.repeat(7_000)}`]],
  ['two hundred headers', Array.from({ length: 200 }, (_, index) => `X-${index}: ${index}`)],
  ['three thousand headers', Array.from({ length: 3_000 }, (_, index) => `X-${index}: ${index}`)],
  ['bytes above 127', ['X-Latin: caf\xe9 \xff', 'X-Utf8: \xe2\x82\xac']],
  ['commas, quotes and inner spaces', ['X-List: a,  b ,"c, d"', 'X-Tab: a\tb']],
  ['Accept-Encoding', ['Accept-Encoding: br;q=0.1, identity;q=0, zstd']],
  ['Authorization', ['Authorization: Bearer sk-Test.1+/=']],
  ['If-None-Match and Range', ['If-None-Match: W/"a", "b"', 'Range: bytes=0-1, -5']],
  [
    'the headers that Modal accepts',
    [
      'Modal-Key: wk-1',
      'Modal-Secret: ws-1',
      'Modal-Session-ID: s',
      'Modal-Authorization: Bearer t',
      'Modal-Routing-Affinity-Key: k',
    ],
  ],
  [
    'tracestate and baggage',
    [
      'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'tracestate: a=1,b=2',
      'baggage: k=v',
    ],
  ],
  [
    'Forwarded, Via and X-Real-IP of a front',
    ['Forwarded: for=192.0.2.1', 'Via: 1.1 front', 'X-Real-IP: 192.0.2.1'],
  ],
  ['X-Signature over the raw body', ['X-Signature: q83vEjRWeJA=']],
  ['header names of every legal character', ["!#$%&'*+-.^_`|~09Az: token"]],
];

export const requestHeaders: TransparencyFamily = [
  ...kept.map(([name, headers]) => same(`${name} reach the upstream`, [request('GET /', headers)])),
  same('blanks round a value are no part of it', [request('GET /', ['X-Pad: \t a b \t '])]),
  same('nothing is added to a bare request', ['GET / HTTP/1.1\r\nHost: h\r\n\r\n']),
];
