import {
  refused,
  request,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
const chunked = (body: string) => [request('POST /', ['Transfer-Encoding: chunked'], body)];
const post = (headers: readonly string[], body = '') => [request('POST /', headers, body)];
const get = (...lines: string[]) => [`${lines.join('\r\n')}\r\n\r\n`];

export const malformedRequests: TransparencyFamily = [
  refused(
    'Content-Length and Transfer-Encoding',
    post(['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`),
  ),
  refused(
    'Transfer-Encoding and Content-Length',
    post(['Transfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${SMUGGLED}`),
  ),
  refused(
    'two Content-Lengths that differ',
    post(['Content-Length: 5', 'Content-Length: 6'], 'abcdef'),
  ),
  refused(
    'two Content-Lengths that agree',
    post(['Content-Length: 5', 'Content-Length: 5'], 'abcde'),
  ),
  refused('a list as Content-Length', post(['Content-Length: 5, 5'], 'abcde')),
  refused('a negative Content-Length', post(['Content-Length: -5'], 'abcde')),
  refused('a signed Content-Length', post(['Content-Length: +5'], 'abcde')),
  refused('a hexadecimal Content-Length', post(['Content-Length: 0x5'], 'abcde')),
  refused('an empty Content-Length', post(['Content-Length: '], '')),
  refused('a Content-Length with a blank inside', post(['Content-Length: 1 0'], '0123456789')),
  refused(
    'a Content-Length beyond 64 bits',
    post(['Content-Length: 99999999999999999999999'], 'x'),
  ),
  refused(
    'chunked that is not last',
    post(['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${SMUGGLED}`),
  ),
  refused(
    'an unknown transfer coding',
    post(['Transfer-Encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`),
  ),
  refused(
    'gzip as transfer coding',
    post(['Transfer-Encoding: gzip, chunked'], `0\r\n\r\n${SMUGGLED}`),
    [400, 501],
  ),
  refused(
    'chunked twice',
    post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  ),
  refused(
    'Transfer-Encoding with a vertical tab',
    post(['Transfer-Encoding: \x0bchunked'], `0\r\n\r\n${SMUGGLED}`),
  ),
  refused(
    'a space before the colon',
    post(['Transfer-Encoding : chunked'], `0\r\n\r\n${SMUGGLED}`),
  ),
  refused(
    'a space before the colon of an ordinary header',
    get('GET / HTTP/1.1', 'Host: h', 'X-A : 1'),
  ),
  refused('a folded header', get('GET / HTTP/1.1', 'Host: h', 'X-A: 1', ' folded')),
  refused(
    'a folded Transfer-Encoding',
    get('POST / HTTP/1.1', 'Host: h', 'Transfer-Encoding:', ' chunked'),
  ),
  refused('a header line without a colon', get('GET / HTTP/1.1', 'Host: h', 'nonsense')),
  refused('a header without a name', get('GET / HTTP/1.1', 'Host: h', ': value')),
  refused('a space in a header name', get('GET / HTTP/1.1', 'Host: h', 'X A: 1')),
  refused('NUL in a header value', get('GET / HTTP/1.1', 'Host: h', 'X-A: a\0b')),
  refused('NUL in a header name', get('GET / HTTP/1.1', 'Host: h', 'X\0A: b')),
  refused(
    'a bare carriage return in a header value',
    get('GET / HTTP/1.1', 'Host: h', 'X-A: a\rb'),
  ),
  refused('a bare line feed after a header', ['GET / HTTP/1.1\r\nHost: h\nX-A: b\r\n\r\n']),
  refused('a bare line feed after the request line', ['GET / HTTP/1.1\nHost: h\r\n\r\n']),
  refused('only bare line feeds', ['GET / HTTP/1.1\nHost: h\n\n']),
  refused('HTTP/1.1 without Host', get('GET / HTTP/1.1', 'X-A: b')),
  refused('two Hosts', get('GET / HTTP/1.1', 'Host: a', 'Host: b')),
  refused('an unknown version', get('GET / HTTP/1.9', 'Host: h'), [400, 505]),
  refused('the preface of HTTP/2', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], [400, 505]),
  refused('no version', get('GET /', 'Host: h')),
  refused('TLS on the plain port', ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03']),
  refused('a head beyond the limit', [request('GET /', [`X-Big: ${'v'.repeat(100_000)}`])], 431),
  refused('a chunk size that is no number', chunked(`zz\r\nab\r\n0\r\n\r\n${SMUGGLED}`)),
  refused('a chunk size with a prefix', chunked('0x3\r\nabc\r\n0\r\n\r\n')),
  refused('a signed chunk size', chunked('-1\r\na\r\n0\r\n\r\n')),
  refused('a chunk size beyond 64 bits', chunked('fffffffffffffffff\r\nabc\r\n0\r\n\r\n')),
  refused('an empty chunk size', chunked('\r\nabc\r\n0\r\n\r\n')),
  refused('a chunk that is longer than its size', chunked('3\r\nabcd\r\n0\r\n\r\n')),
  refused('a bare line feed after a chunk size', chunked(`3\nabc\r\n0\r\n\r\n${SMUGGLED}`)),
  refused('a bare line feed after the last chunk', chunked(`3\r\nabc\r\n0\n\r\n${SMUGGLED}`)),
  refused(
    'a bare line feed inside a chunk extension',
    chunked(`3;a\nb\r\nabc\r\n0\r\n\r\n${SMUGGLED}`),
  ),
  refused('a trailer without a colon', chunked(`3\r\nabc\r\n0\r\nnonsense\r\n\r\n${SMUGGLED}`)),
  refused('HTTP/1.0 with Transfer-Encoding', [
    'POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ]),
  refused(
    'the coding identity, which RFC 9112 no longer has',
    post(['Transfer-Encoding: identity'], SMUGGLED),
  ),
  refused(
    'chunked beside a length of zero',
    post(['Content-Length: 0', 'Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`),
  ),
  refused('an empty Transfer-Encoding', post(['Transfer-Encoding:'], SMUGGLED)),
  refused('chunked in quotes', post(['Transfer-Encoding: "chunked"'], `0\r\n\r\n${SMUGGLED}`)),
  refused('a blank before the first header', ['GET / HTTP/1.1\r\n Host: h\r\n\r\n']),
  refused('bare carriage returns as line ends', ['GET / HTTP/1.1\rHost: h\r\r']),
  refused('a carriage return before the line end', ['GET / HTTP/1.1\r\nHost: h\r\r\n\r\n']),
  refused('a tab between method and target', ['GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n']),
  refused('a blank behind the version', ['GET / HTTP/1.1 \r\nHost: h\r\n\r\n']),
  refused('a version in lower case', ['GET / http/1.1\r\nHost: h\r\n\r\n']),
  refused('a version of two digits', ['GET / HTTP/1.10\r\nHost: h\r\n\r\n']),
  refused('NUL in the target', [request('GET /a\0b')]),
  refused('a carriage return in the target', [request('GET /a\rb')]),
  refused('a line feed in a header name', get('GET / HTTP/1.1', 'Host: h', 'X\nA: b')),
  refused('DEL in a header name', get('GET / HTTP/1.1', 'Host: h', 'X\x7fA: b')),
  refused('a chunk size behind a blank', chunked(`\x203\r\nabc\r\n0\r\n\r\n${SMUGGLED}`)),
  refused('a chunk without its line end', chunked(`3\r\nabc0\r\n\r\n${SMUGGLED}`)),
  refused(
    'a chunk extension without end',
    chunked(`3;${'x'.repeat(70_000)}\r\nabc\r\n0\r\n\r\n`),
    [400, 413],
  ),
  refused('trailers without end', chunked(`0\r\n${'X-T: 1\r\n'.repeat(20_000)}\r\n`), [400, 431]),
  refused('a tunnel to anywhere', ['CONNECT other:443 HTTP/1.1\r\nHost: other\r\n\r\n'], 404),
];
