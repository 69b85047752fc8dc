import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { proxyEndpoint, startProxy } from '../../support/proxy/start-proxy.ts';
import { echo } from '../../support/sandbox/behaviours/echo.ts';
import { startSandbox } from '../../support/sandbox/sandbox.ts';

test('a WebSocket goes through the proxy and is recorded with its bytes and its time', async () => {
  const sandbox = await startSandbox({ endpoints: { ws: { behaviour: echo } } });
  const running = await startProxy([proxyEndpoint('ws', sandbox.urlOf('ws'))]);
  try {
    const socket = new WebSocket(`${running.url.replace('http', 'ws')}/ws/live?x=1`);
    await once(socket, 'open');
    for (const size of [5, 70_000]) {
      socket.send(Buffer.alloc(size, 'x'));
      const [data] = await once(socket, 'message');
      expect(data).toHaveLength(size);
    }
    expect(sandbox.log.calls[0]?.end).toBe('running');
    socket.close();
    await sandbox.log.until(() => sandbox.log.calls[0]?.end === 'finished');
    const closed = await running.journal.closedAt(0);
    expect(closed).toMatchObject({ outcome: 'ok', status: 101, method: 'GET', path: '/live' });
    expect(closed.bytesIn).toBeGreaterThan(70_000);
    expect(closed.bytesOut).toBeGreaterThan(70_000);
  } finally {
    await running.proxy.stop();
    await sandbox.close();
  }
});
