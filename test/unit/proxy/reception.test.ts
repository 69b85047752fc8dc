import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { ClientSocket } from '../../../src/proxy/client-socket.ts';
import { EndpointRuntime } from '../../../src/proxy/endpoint-runtime.ts';
import { Reception } from '../../../src/proxy/reception.ts';
import { RedirectChains } from '../../../src/proxy/redirect-chain.ts';
import { memoryLog } from '../../support/export/memory-log.ts';
import { proxyEndpoint, proxySettings } from '../../support/proxy/start-proxy.ts';

/** A client's side with a defect. */
class BrokenSide extends ClientSocket {
  override problem(): void {
    throw new Error('a defect');
  }
}

test('a refusal that cannot be sent is logged, recorded, and breaks the connection of its client alone', async () => {
  const log = memoryLog();
  const settings = proxySettings([proxyEndpoint('up', 'http://127.0.0.1:1')], {
    budget: () => 'refuse',
    log,
  });
  const [configured] = settings.endpoints;
  if (configured === undefined) throw new Error('there is one endpoint');
  const endpoint = new EndpointRuntime(configured, { maxHeadBytes: 1_024, nowMs: () => 0, log });
  const socket = new Socket();
  const request = new IncomingMessage(socket);
  const chains = new RedirectChains(1_000, [], () => {});
  const reception = new Reception(settings, chains);
  const closed = await new Promise<ClosedRequest | null>((resolve) => {
    const exchange = reception.receive(
      {
        request,
        client: new BrokenSide(socket, true, 1_000),
        route: { endpoint, prefix: '/up', base: '', target: '/x' },
        upgrade: null,
      },
      resolve,
    );
    expect(exchange).toBeNull();
  });
  expect(closed).toMatchObject({ outcome: 'rejected', status: 402 });
  expect(log.lines).toMatchObject([
    { level: 'error', fields: { error: { message: 'a defect' }, request: closed?.id } },
  ]);
  expect(socket.destroyed).toBe(true);
});
