import {
  refused,
  request,
  same,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

export const keptTargets: readonly (readonly [string, string])[] = [
  ['percent-encoded slash, space and UTF-8', '/a%2Fb%20c/%E2%82%AC'],
  ['lower-case hexadecimal digits', '/a%2fb%e2%82%ac'],
  ['an encoded letter that needs no encoding', '/%41%7e'],
  ['a percent sign that encodes nothing', '/100%/%zz'],
  ['double slashes', '//double//slash//'],
  ['dot segments', '/a/./b/../c/..'],
  ['repeated and unordered query names', '/q?b=2&a=1&b=1&a'],
  ['an empty query', '/q?'],
  ['plus, encoded space and equals in a query', '/q?a=+%20&b==&=c'],
  ['question marks and slashes in a query', '/q?next=/a?b=c/d'],
  ['brackets, braces, quotes, pipe and backslash', '/q;v=1?x=[1]&y={"a":1}|\\'],
  ['a query of 6,000 characters', `/q?${'x'.repeat(6_000)}`],
  ['matrix parameters and commas', '/a;b=c,d/e;f'],
];

export const targets: TransparencyFamily = [
  ...keptTargets.map(([name, target]) =>
    same(`${name} stay as they are`, [request(`GET ${target}`)], { methods: ['GET'] }),
  ),
  refused('a space in the target', [request('GET /a b')]),
  refused('a control character in the target', [request('GET /a\x01b')]),
  refused('a target without a slash', [request('GET a')], [400, 404]),
];
