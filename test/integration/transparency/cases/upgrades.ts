import {
  answer,
  request,
  response,
  same,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const upgrade = request('GET /ws', [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
]);
const switching =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

export const upgrades: TransparencyFamily = [
  same(
    'bytes go both ways after the switch',
    [
      upgrade,
      { awaitText: '101' },
      '\x81\x85ping',
      { awaitText: 'pong' },
      'bye',
      { awaitText: 'ciao' },
    ],
    {
      upstream: answer(
        switching,
        { awaitText: 'ping' },
        '\x81\x04pong',
        { awaitText: 'bye' },
        'ciao',
        'end',
      ),
      statuses: [101],
      untilClose: true,
    },
  ),
  same('bytes behind the 101 in its packet', [upgrade, { awaitText: 'hello' }], {
    upstream: answer(`${switching}hello`, 'end'),
    statuses: [101],
    untilClose: true,
  }),
  same('bytes behind the request in its packet', [`${upgrade}early`], {
    upstream: [switching, { awaitText: 'early' }, 'late', 'end'],
    statuses: [101],
    untilClose: true,
  }),
  same(
    'bytes that come before the switch',
    [upgrade, { pauseMs: 30 }, 'early', { awaitText: '101' }, ' more'],
    {
      upstream: answer({ pauseMs: 100 }, switching, { awaitText: 'early more' }, 'late', 'end'),
      statuses: [101],
      untilClose: true,
    },
  ),
  same(
    'any protocol',
    [request('GET /p', ['Upgrade: foo/2', 'Connection: upgrade']), { awaitText: '101' }, 'x'],
    {
      upstream: answer(
        'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: foo/2\r\n\r\n',
        { awaitText: 'x' },
        'done',
        'end',
      ),
      statuses: [101],
      untilClose: true,
    },
  ),
  same('an upgrade that the upstream refuses', [upgrade], {
    upstream: answer(response('403 Forbidden', ['Connection: close'], 'no'), 'end'),
    statuses: [403],
    untilClose: true,
  }),
  same('an upgrade that the upstream ignores', [upgrade], {
    upstream: answer(response('200 OK', ['Connection: close'], 'plain'), 'end'),
    untilClose: true,
  }),
];
