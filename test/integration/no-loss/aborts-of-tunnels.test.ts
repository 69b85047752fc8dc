import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AbortBench, expectAborted, HANG, untilRead } from '../../support/no-loss/abort-bench.ts';
import { request } from '../../support/transparency/transparency-case.ts';

let bench: AbortBench;
beforeEach(async () => {
  bench = await AbortBench.open();
});
afterEach(() => bench.close());

describe('the upstream knows within 100 ms of a client that leaves a tunnel', () => {
  const upgrade = request('GET /up/a', ['Connection: Upgrade', 'Upgrade: x']);
  const switching = 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';

  test.each([
    ['by closing', upgrade, (socket: Socket) => socket.destroy()],
    ['by a reset', upgrade, (socket: Socket) => socket.resetAndDestroy()],
    ['with bytes of its protocol sent', `${upgrade}hello`, (socket: Socket) => socket.destroy()],
  ])('while it waits for a tunnel, %s', async (_how, bytes, leaving) => {
    await bench.start();
    const until = async (socket: Socket) => {
      await bench.upstream.received();
      socket.write('early');
    };
    const closed = await bench.hangUp({
      bytes,
      upstream: ['await-body', HANG],
      until,
      leave: leaving,
    });
    expectAborted(closed, { paid: 'unknown', status: null });
    expect(bench.running.proxy.stats().endpoints[0]).toMatchObject({ inFlight: 0 });
  });

  test('while it reads the answer to a tunnel that was refused', async () => {
    await bench.start();
    const refusal = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nfirst';
    const closed = await bench.hangUp({
      bytes: upgrade,
      upstream: ['await-body', refusal, HANG],
      until: untilRead('first'),
    });
    expectAborted(closed, { status: 403, bytesOut: 5 });
  });

  test('before its tunnel opens, and the switch that comes too late is for nobody', async () => {
    await bench.start();
    // The script goes on when the proxy has gone.
    bench.upstream.reset({ '*': ['await-body', HANG, switching] });
    const socket = bench.connected(upgrade);
    await bench.upstream.received();
    socket.end();
    const seen: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => seen.push(bytes));
    await once(socket, 'close');
    await bench.upstream.idle();
    expect(String(Buffer.concat(seen))).toBe('');
    const closed = await bench.running.journal.closedAt(0);
    expect(closed).toMatchObject({ outcome: 'client_abort', status: null });
  });

  const tunnel = {
    bytes: upgrade,
    upstream: ['await-body', `${switching}hello`, HANG],
    until: untilRead('hello'),
  } as const;

  test('while it uses a tunnel', async () => {
    await bench.start();
    const closed = await bench.hangUp({ ...tunnel, leave: (socket) => socket.resetAndDestroy() });
    expectAborted(closed, { status: 101, bytesOut: 5 });
  });

  test('by closing a tunnel, which ends it in order', async () => {
    await bench.start();
    for (const each of await bench.hangUp(tunnel)) {
      expect(each).toMatchObject({ outcome: 'ok', status: 101, bytesOut: 5 });
    }
  });
});
