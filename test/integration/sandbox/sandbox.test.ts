import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { IDENTITY_HEADERS } from '../../../src/core/identity-headers.ts';
import { echo } from '../../support/sandbox/behaviours/echo.ts';
import { liftSysGenerate, liftSysHealth } from '../../support/sandbox/behaviours/lift-sys.ts';
import { openAiChat } from '../../support/sandbox/behaviours/openai-chat.ts';
import type { SandboxEndpointOptions } from '../../support/sandbox/endpoint-settings.ts';
import { type Sandbox, startSandbox } from '../../support/sandbox/sandbox.ts';

let sandbox: Sandbox | null = null;
afterEach(async () => {
  await sandbox?.close();
  sandbox = null;
});

async function start(
  endpoints: Readonly<Record<string, SandboxEndpointOptions>>,
): Promise<Sandbox> {
  sandbox = await startSandbox({ endpoints });
  return sandbox;
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), headers, redirect: 'manual' });

describe('the edge', () => {
  test('refuses in the words of Modal, without a container', async () => {
    const proxyToken = { key: 'wk-1', secret: 'ws-1' };
    const { urlOf, endpoint } = await start({ a: { behaviour: echo, proxyToken } });
    const answer = async (headers: Record<string, string>) => {
      const response = await post(urlOf('a'), {}, headers);
      return [response.status, await response.text()];
    };
    const keys = { 'modal-key': 'wk-1', 'modal-secret': 'ws-1' };
    expect(await answer({})).toEqual([
      401,
      'modal-http: missing credentials for proxy authorization',
    ]);
    expect(await answer({ ...keys, 'modal-secret': 'ws-2' })).toEqual([
      401,
      'modal-http: invalid credentials for proxy authorization',
    ]);
    expect(await answer({ ...keys, 'modal-function-call-id': 'fc-1' })).toEqual([
      400,
      'modal-http: prohibited modal header',
    ]);
    expect(await answer({ ...keys, 'x-sandbox-edge': 'stopped' })).toEqual([
      404,
      'modal-http: app for invoked web endpoint is stopped',
    ]);
    expect(endpoint('a').containers).toHaveLength(0);
    expect((await answer(keys))[0]).toBe(200);
    expect((await answer({ authorization: 'Bearer wk-1.ws-1' }))[0]).toBe(200);
    endpoint('a').state = 'spend_limit';
    expect((await answer(keys))[0]).toBe(429);
  });

  test('finds the function by its host, and knows no other', async () => {
    const { url } = await start({ generate: { behaviour: echo } });
    const status = async (host: string) => {
      const sent = request(url, { headers: { host } });
      sent.end();
      const [response] = await once(sent, 'response');
      response.resume();
      return response.statusCode;
    };
    expect(await status('ws--generate.modal.run')).toBe(200);
    expect(await status('ws--other.modal.run')).toBe(404);
  });

  test.each([['absolute'], ['relative']] as const)(
    'answers 303 after its limit, with an %s location, and the same call goes on',
    async (location) => {
      const { urlOf, log } = await start({
        a: { behaviour: echo, httpLimitUs: 60_000, location },
      });
      const first = await post(`${urlOf('a')}/path?x=1`, {}, { 'x-sandbox-work-ms': '900' });
      expect(first.status).toBe(303);
      const next = new URL(first.headers.get('location') ?? '', `${urlOf('a')}/path?x=1`);
      expect(next.searchParams.get('__modal_function_call_id')).toBe(log.calls[0]?.id);
      const wrong = await post(next.href, {});
      expect([wrong.status, await wrong.text()]).toEqual([400, 'modal-http: bad redirect method']);
      const last = await fetch(next);
      expect(last.status).toBe(200);
      expect(last.headers.get('modal-function-call-id')).toBe(log.calls[0]?.id);
      expect(log.calls).toHaveLength(1);
      const ends = log.exchanges.map(({ end }) => end);
      expect(ends.slice(0, 2)).toEqual(['redirected', 'edge']);
      expect(new Set(ends.slice(2, -1))).toEqual(new Set(['redirected']));
      expect(ends.at(-1)).toBe('completed');
    },
  );
});

describe('containers', () => {
  test('queue during a cold start and share one container up to maxInputs', async () => {
    const { urlOf, endpoint, log } = await start({
      a: { behaviour: echo, bootUs: 80_000, maxInputs: 2, scaledownWindowUs: 50_000 },
    });
    const all = ['1', '2', '3'].map(() => post(urlOf('a'), {}, { 'x-sandbox-work-ms': '20' }));
    await Promise.all(all);
    expect(endpoint('a').containers).toHaveLength(2);
    for (const call of log.calls) {
      expect((call.startedAt ?? 0) - call.queuedAt).toBeGreaterThanOrEqual(60_000);
    }
  });

  test('of a Server refuse while none is ready', async () => {
    const { urlOf, endpoint } = await start({
      a: { kind: 'server', behaviour: echo, bootUs: 20_000 },
    });
    expect((await post(urlOf('a'), {})).status).toBe(503);
    expect(endpoint('a').containers).toHaveLength(1);
  });

  test('say who they are when they run the middleware', async () => {
    const { urlOf, endpoint } = await start({ a: { behaviour: echo, identityHeaders: true } });
    const { headers } = await post(urlOf('a'), {}, { 'x-sandbox-work-ms': '5' });
    expect(headers.get(IDENTITY_HEADERS.containerId)).toBe(endpoint('a').containers[0]?.id);
    expect(headers.get(IDENTITY_HEADERS.seen)).toBe('0');
    expect(Number(headers.get(IDENTITY_HEADERS.handlerUs))).toBeGreaterThan(4_000);
  });

  test('answer 408 to what a blocked event loop read too late, all at the release', async () => {
    const { urlOf, log } = await start({
      a: {
        behaviour: echo,
        maxInputs: 20,
        blockingHandler: true,
        firstMessageTimeoutUs: 50_000,
      },
    });
    const send = () => post(urlOf('a'), {}, { 'x-sandbox-work-ms': '120' });
    const responses = await Promise.all([send(), send(), send()]);
    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 408, 408]);
    const ends = log.calls.map(({ finishedAt }) => finishedAt ?? 0);
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(50_000);
    const late = responses.find(({ status }) => status === 408);
    expect(await late?.text()).toBe('Missing request, possibly due to expiry or cancellation');
  });

  test('run on for the grace after the caller hung up', async () => {
    const { urlOf, log } = await start({ a: { behaviour: echo, cancelGraceUs: 60_000 } });
    const abort = new AbortController();
    const sent = fetch(urlOf('a'), {
      signal: abort.signal,
      headers: { 'x-sandbox-work-ms': '60000' },
    }).catch(() => null);
    await log.until(() => log.calls[0]?.end === 'running');
    abort.abort();
    await sent;
    await log.until(() => log.calls[0]?.end === 'cancelled');
    const [exchange] = log.exchanges;
    expect(exchange?.end).toBe('client_left');
    const graceUs = (log.calls[0]?.finishedAt ?? 0) - (exchange?.endedAt ?? 0);
    expect(graceUs).toBeGreaterThanOrEqual(50_000);
  });

  test('are billed on the sandbox’s own bill', async () => {
    const { urlOf, bill, endpoint } = await start({
      a: { behaviour: echo, scaledownWindowUs: 20_000 },
    });
    await post(urlOf('a'), {}, { 'x-sandbox-work-ms': '30' });
    const [row] = bill();
    expect(endpoint('a').containers).toHaveLength(1);
    expect(row).toMatchObject({ object_id: 'ap-a', resource: 'A100-80GB', tags: '{}' });
    expect(row?.interval_start).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00$/);
    expect(Number(row?.cost)).toBeGreaterThan(0.03 * 0.000694);
  });
});

describe('the applications', () => {
  test('stream chat completions as vLLM does', async () => {
    const { urlOf } = await start({
      chat: { behaviour: openAiChat({ metrics: true, reasoningTokens: 2 }) },
    });
    const body = { stream: true, stream_options: { include_usage: true }, messages: [] };
    const text = await (await post(`${urlOf('chat')}/v1/chat/completions`, body)).text();
    const events = text.trim().split('\n\n');
    expect(events.at(-1)).toBe('data: [DONE]');
    const usage = JSON.parse(events.at(-2)?.slice(6) ?? '');
    expect(usage).toMatchObject({ choices: [], usage: { completion_tokens: 14 } });
    expect(usage.metrics.time_to_first_token_ms).toBe(5);
    expect(text).toContain('"reasoning_content"');
  });

  test('answer lift-sys failures with 200', async () => {
    const { urlOf } = await start({
      g32: { behaviour: liftSysGenerate() },
      g80: { behaviour: liftSysGenerate({ shape: 'text' }) },
      health: { behaviour: liftSysHealth },
    });
    const ok = await (await post(urlOf('g32'), { prompt: 'p', schema: {} })).json();
    expect(ok).toMatchObject({ tokens_used: 180, finish_reason: 'stop', ir_json: {} });
    const failed = await post(urlOf('g80'), { prompt: 'p' }, { 'x-sandbox-app-error': 'json' });
    expect(failed.status).toBe(200);
    expect(await failed.json()).toMatchObject({ text: null, finish_reason: 'json_error' });
    expect(await (await fetch(urlOf('health'))).json()).toMatchObject({ status: 'healthy' });
  });

  test('echo on a WebSocket, which holds a slot while it is open', async () => {
    const { urlOf, log } = await start({ ws: { behaviour: echo } });
    const socket = new WebSocket(urlOf('ws').replace('http', 'ws'));
    await once(socket, 'open');
    socket.send('tick');
    const [data] = await once(socket, 'message');
    expect(String(data)).toBe('tick');
    expect(log.calls[0]?.end).toBe('running');
    socket.close();
    await log.until(() => log.calls[0]?.end === 'finished');
  });

  test.each([
    ['terminated', 500],
    ['function-timeout', 500],
    ['missing-request', 408],
    ['container-500', 500],
  ])('fail with %s as asked', async (fault, status) => {
    const { urlOf } = await start({ a: { behaviour: echo } });
    expect((await post(urlOf('a'), {}, { 'x-sandbox-fault': fault })).status).toBe(status);
  });

  test.each([['reset-before-head'], ['reset-in-body']])('cut the connection: %s', async (fault) => {
    const { urlOf, log } = await start({ a: { behaviour: echo } });
    const sent = post(urlOf('a'), {}, { 'x-sandbox-fault': fault });
    await expect(sent.then((response) => response.text())).rejects.toThrow();
    await log.until(() => log.exchanges[0]?.end === 'reset');
  });
});
