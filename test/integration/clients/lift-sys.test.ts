import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runPython } from '../../support/clients/run-python.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { liftSysGenerate, liftSysHealth } from '../../support/sandbox/behaviours/lift-sys.ts';
import { type Sandbox, startSandbox } from '../../support/sandbox/sandbox.ts';

/** A cold start and a generation that together take two of Modal's 303, in tenths of seconds. */
const GENERATE = {
  behaviour: liftSysGenerate({ generationUs: 150_000 }),
  bootUs: 300_000,
  httpLimitUs: 200_000,
} as const;

interface Seen {
  readonly hops: readonly number[];
}

let sandbox: Sandbox;
let running: RunningProxy;

beforeEach(async () => {
  sandbox = await startSandbox({
    endpoints: { generate: GENERATE, health: { behaviour: liftSysHealth } },
  });
  const endpoints = [
    proxyEndpoint('generate', sandbox.urlOf('generate'), { bodyRule: 'lift-sys' }),
    proxyEndpoint('health', sandbox.urlOf('health'), { bodyRule: 'none', gpu: 'none' }),
    proxyEndpoint('ws--generate.modal.run', sandbox.urlOf('generate'), { bodyRule: 'lift-sys' }),
    proxyEndpoint('ws--health.modal.run', sandbox.urlOf('health'), { bodyRule: 'none' }),
  ];
  running = await startProxy(endpoints, { drainSeconds: 1 });
});
afterEach(async () => {
  await running.proxy.stop();
  await sandbox.close();
});

describe('a client that follows redirects and derives its health URL', () => {
  test.each([['/generate'], ['/ws--generate.modal.run'], ['/ws--generate.modal.run/']])(
    'works unchanged with %s as its base',
    async (base) => {
      const seen = (await runPython('lift_sys_client.py', running.url + base)) as Seen;
      expect(seen.hops.slice(0, 1)).toEqual([303]);
      expect(seen.hops.at(-1)).toBe(200);
      expect(seen).toMatchObject({
        answer: { tokens_used: 180, finish_reason: 'stop' },
        health: [200, { status: 'healthy' }],
      });
      // No hop left the proxy.
      expect(sandbox.log.exchanges).toHaveLength(seen.hops.length + 1);
      const closed = await running.journal.closedAt(0);
      expect(closed).toMatchObject({
        outcome: 'ok',
        status: 200,
        legs: seen.hops.length,
        tokensOut: 180,
        functionCallId: sandbox.log.calls[0]?.id,
      });
      expect(closed.durationUs).toBeGreaterThan(400_000);
      expect(running.journal.closed).toHaveLength(2);
    },
  );
});

test('urllib turns the POST into a GET at the 303 and gets the answer', async () => {
  const seen = await runPython('urllib_client.py', `${running.url}/generate`);
  expect(seen).toMatchObject({ status: 200, body: { tokens_used: 180 } });
  expect((seen as { url: string }).url).toMatch(/\/generate\/\?__modal_function_call_id=fc-/);
  const legs = sandbox.log.exchanges.length;
  expect(legs).toBeGreaterThan(1);
  expect(await running.journal.closedAt(0)).toMatchObject({ outcome: 'ok', legs });
});
