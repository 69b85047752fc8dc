import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectPrompt } from '../../support/prompt.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { openAiChat } from '../../support/sandbox/behaviours/openai-chat.ts';
import { type Sandbox, startSandbox } from '../../support/sandbox/sandbox.ts';

let sandbox: Sandbox;
let running: RunningProxy;

beforeEach(async () => {
  sandbox = await startSandbox({
    endpoints: {
      chat: { behaviour: openAiChat({ tokens: 6, metrics: true }), cancelGraceUs: 20_000 },
    },
  });
  running = await startProxy([proxyEndpoint('chat', sandbox.urlOf('chat'))], { drainSeconds: 1 });
});
afterEach(async () => {
  await running.proxy.stop();
  await sandbox.close();
});

const client = (baseURL: string, headers: Record<string, string> = {}) =>
  new OpenAI({
    baseURL: `${baseURL}/v1`,
    apiKey: 'sk-test',
    maxRetries: 2,
    defaultHeaders: headers,
  });
const direct = () => client(sandbox.urlOf('chat'));
const proxied = (headers: Record<string, string> = {}) => client(`${running.url}/chat`, headers);

const ask = {
  model: 'Qwen/Qwen2.5-Coder-32B-Instruct',
  messages: [{ role: 'user' as const, content: 'hello' }],
};

describe('the openai client', () => {
  test('gets the same completion, and its usage is recorded', async () => {
    const want = await direct().chat.completions.create(ask);
    const got = await proxied().chat.completions.create(ask);
    expect({ ...got, id: want.id }).toEqual(want);
    expect(await running.journal.closedAt(0)).toMatchObject({
      outcome: 'ok',
      status: 200,
      model: ask.model,
      tokensIn: want.usage?.prompt_tokens,
      tokensOut: 6,
      streamed: false,
    });
  });

  test('gets the same stream, and its usage is recorded', async () => {
    const options = { ...ask, stream: true as const, stream_options: { include_usage: true } };
    const read = async (api: OpenAI) => {
      const chunks = [];
      for await (const { id: _, ...chunk } of await api.chat.completions.create(options)) {
        chunks.push(chunk);
      }
      return chunks;
    };
    const want = await read(direct());
    expect(await read(proxied())).toEqual(want);
    expect(want.length).toBeGreaterThan(6);
    const closed = await running.journal.closedAt(0);
    expect(closed).toMatchObject({ outcome: 'ok', tokensOut: 6, streamed: true });
    expect(closed.firstTokenUs).toBeGreaterThan(0);
  });

  test('aborts a stream, and the upstream is told at once', async () => {
    let tries = 0;
    await expectPrompt(async () => {
      const mark = `abort-${tries++}`;
      const api = proxied({ 'x-sandbox-tokens': '100000', 'x-sandbox-mark': mark });
      const stream = await api.chat.completions.create({ ...ask, stream: true });
      let chunks = 0;
      let abortedAt = 0;
      for await (const _ of stream) {
        chunks += 1;
        if (chunks < 4) continue;
        abortedAt = performance.now();
        stream.controller.abort();
        break;
      }
      await sandbox.log.until(() => sandbox.log.exchangesMarked(mark)[0]?.end === 'client_left');
      return performance.now() - abortedAt;
    });
    expect(await running.journal.closedAt(tries - 1)).toMatchObject({ outcome: 'client_abort' });
  });

  test('retries what failed: each try is a record of its own', async () => {
    const api = proxied({ 'x-sandbox-fault': 'container-500', 'x-sandbox-mark': 'retry' });
    await expect(api.chat.completions.create(ask)).rejects.toMatchObject({ status: 500 });
    expect(sandbox.log.callsMarked('retry')).toHaveLength(3);
    await running.journal.closedAt(2);
    expect(running.journal.closed).toHaveLength(3);
    for (const closed of running.journal.closed) {
      expect(closed).toMatchObject({ outcome: 'upstream_error', status: 500, paid: 'yes' });
    }
  });

  test('sees the errors of the upstream as its own', async () => {
    const api = proxied({ 'x-sandbox-edge': 'spend_limit' });
    const failed = api.chat.completions.create(ask, { maxRetries: 0 });
    await expect(failed).rejects.toMatchObject({ status: 429 });
    expect(await running.journal.closedAt(0)).toMatchObject({
      errorClass: 'modal_spend_limit',
      paid: 'no',
    });
  });

  test('lists models', async () => {
    const { data } = await proxied().models.list();
    expect(data).toMatchObject([{ id: ask.model }]);
  });
});
