import {
  badGateway,
  cut,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const chunked = head('Transfer-Encoding: chunked');
/** A stream that has begun: its head has reached the client. */
const begun = [chunked, '3\r\nabc\r\n', { pauseMs: 30 }] as const;

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
  badGateway('a switch of protocols that nobody asked for', [
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
  ]),
  badGateway('a list as Content-Length', [head('Content-Length: 2, 2'), 'ab']),
  badGateway('a signed Content-Length', [head('Content-Length: +2'), 'ab']),
  badGateway('chunked twice', [head('Transfer-Encoding: chunked, chunked'), '0\r\n\r\n']),
  badGateway('HTTP/1.0 with Transfer-Encoding', [
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ]),
  badGateway('a bare line feed after a header', ['HTTP/1.1 200 OK\r\nX-A: b\nX-C: d\r\n\r\n']),
  badGateway('a bare carriage return in a header', [head('X-A: a\rb', 'Content-Length: 0')]),
  badGateway('a status of two digits', ['HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n']),
  badGateway('a head without end', [`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(100_000)}`]),
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
  cut('a reset in the middle of a stream', [...begun, 'reset']),
  cut('a chunk size that is no number', [
    chunked,
    '3\r\nabc\r\n',
    { pauseMs: 30 },
    'zz\r\nabc\r\n0\r\n\r\n',
  ]),
  cut('a chunk that is longer than its size', [...begun, '3\r\nabcde\r\n0\r\n\r\n']),
  badGateway('the same before its head is out', [`${chunked}3\r\nabcde\r\n0\r\n\r\n`]),
  cut('a bare line feed after a chunk size', [...begun, '3\nabc\r\n0\r\n\r\n']),
  cut('a chunk size beyond 52 bits', [...begun, 'ffffffffffffff\r\nabc\r\n']),
  cut('trailers without end', [...begun, `0\r\n${'X-T: 1\r\n'.repeat(20_000)}`]),
  cut('a close between the last chunk and its end', [
    chunked,
    '3\r\nabc\r\n',
    { pauseMs: 30 },
    '0\r\n',
    'end',
  ]),
];
