import {
  badGateway,
  cut,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const chunked = head('Transfer-Encoding: chunked');

export const malformedResponses: TransparencyFamily = [
  badGateway('Content-Length and Transfer-Encoding', [
    head('Content-Length: 5', 'Transfer-Encoding: chunked'),
    '0\r\n\r\n',
  ]),
  badGateway('two Content-Lengths that differ', [
    head('Content-Length: 2', 'Content-Length: 3'),
    'ab',
  ]),
  badGateway('a Content-Length that is no number', [head('Content-Length: abc'), 'ab']),
  badGateway('an unknown transfer coding', [head('Transfer-Encoding: xchunked'), '0\r\n\r\n']),
  badGateway('NUL in a header', [head('X-A: a\0b', 'Content-Length: 0')]),
  badGateway('a space before a colon', [head('Content-Length : 0')]),
  badGateway('a header without a colon', [head('nonsense', 'Content-Length: 0')]),
  badGateway('a folded header', [head('X-A: 1', ' 2', 'Content-Length: 0')]),
  badGateway('no HTTP at all', ['220 mail.example ESMTP\r\n\r\n']),
  badGateway('HTTP/2 in plain', ['HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n']),
  badGateway('a close before any byte', ['end']),
  badGateway('a reset before any byte', ['reset']),
  badGateway('a close in the middle of the head', ['HTTP/1.1 200 OK\r\nContent-Le', 'end']),
  cut('a length that is longer than the body', [head('Content-Length: 10'), 'abc', 'end']),
  cut('a reset in the middle of a body', [
    head('Content-Length: 10'),
    'abc',
    { pauseMs: 30 },
    'reset',
  ]),
  cut('a close in the middle of chunks', [chunked, '3\r\nabc\r\n', 'end']),
  cut('a reset in the middle of a stream', [chunked, '3\r\nabc\r\n', { pauseMs: 30 }, 'reset']),
  cut('a chunk size that is no number', [
    chunked,
    '3\r\nabc\r\n',
    { pauseMs: 30 },
    'zz\r\nabc\r\n0\r\n\r\n',
  ]),
  cut('a chunk that is longer than its size', [chunked, '3\r\nabcde\r\n0\r\n\r\n']),
  cut('a close between the last chunk and its end', [
    chunked,
    '3\r\nabc\r\n',
    { pauseMs: 30 },
    '0\r\n',
    'end',
  ]),
];
