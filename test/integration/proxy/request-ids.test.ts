import { expect, test } from 'vitest';
import { storedIdOf } from '../../../src/ledger/request-id.ts';
import { RequestIds } from '../../../src/proxy/request-ids.ts';
import { startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, startProxy } from '../../support/proxy/start-proxy.ts';

test('an id tells the very instant at which its request started, so that the ledger stores half of it', async () => {
  const upstream = await startHttpUpstream((_request, response) => response.end('{}'));
  const running = await startProxy([proxyEndpoint('up', upstream.url)]);
  await Promise.all(Array.from({ length: 40 }, () => fetch(`${running.url}/up/x`)));
  await running.proxy.stop();
  await upstream.close();
  const closed = running.journal.closed;
  expect(closed).toHaveLength(40);
  const stored = closed.map(({ id, startedAt }) => storedIdOf(id, startedAt).length);
  expect([...new Set(stored)]).toEqual([11]);
});

test('ids draw their random bits from the source in blocks, and use none twice', () => {
  let drawn = 0;
  const ids = new RequestIds((bytes) => Uint8Array.from({ length: bytes }, () => drawn++ % 251));
  const made = Array.from({ length: 1_000 }, () => ids.next(1_764_000_000_000_000));
  expect(new Set(made).size).toBe(251);
  expect(drawn).toBe(8 * 1_200);
  expect(made[0]).toMatch(/-8001-020304050607$/);
});
