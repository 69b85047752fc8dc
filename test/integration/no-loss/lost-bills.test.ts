import { afterEach, describe, expect, test } from 'vitest';
import { type InProcessMeter, startMeter } from '../../support/chaos/in-process-meter.ts';
import { proxyEndpoint } from '../../support/proxy/start-proxy.ts';
import { openAiChat } from '../../support/sandbox/behaviours/openai-chat.ts';
import { type Sandbox, startSandbox } from '../../support/sandbox/sandbox.ts';

/**
 * The eight ways in which a gateway was reported to lose a bill (maximhq/bifrost #3357), end to end:
 * sandbox, proxy, journal, intake, ledger. In all of them GPU time may have been used, so a row must be there.
 */

let sandbox: Sandbox;
let meter: InProcessMeter;

afterEach(async () => {
  await meter.close();
  await sandbox.close();
});

async function start(): Promise<void> {
  sandbox = await startSandbox({
    endpoints: {
      chat: { behaviour: openAiChat({ tokenUs: 5_000 }), cancelGraceUs: 20_000 },
      server: { behaviour: openAiChat(), kind: 'server', bootUs: 60_000_000 },
    },
  });
  meter = await startMeter({
    endpoints: [
      proxyEndpoint('chat', sandbox.urlOf('chat'), { headersTimeoutMs: 2_000 }),
      proxyEndpoint('server', sandbox.urlOf('server'), {
        retryCold503: { attempts: 2, delayMs: 10 },
      }),
    ],
  });
}

const post = (
  headers: Record<string, string> = {},
  { stream = true, endpoint = 'chat', signal }: PostOptions = {},
) =>
  fetch(`${meter.url}/${endpoint}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ stream, stream_options: { include_usage: true }, messages: [] }),
    ...(signal === undefined ? {} : { signal }),
  });

interface PostOptions {
  readonly stream?: boolean;
  readonly endpoint?: string;
  readonly signal?: AbortSignal;
}

/** Sends, and leaves as soon as the container works on it. */
async function leaveWhileItWorks(stream: boolean): Promise<void> {
  const leave = new AbortController();
  const sent = post({ 'x-sandbox-first-token-ms': '60000' }, { stream, signal: leave.signal }).then(
    (response) => response.text(),
  );
  await sandbox.log.until(() => sandbox.log.calls[0]?.end === 'running');
  leave.abort();
  await expect(sent).rejects.toThrow();
}

describe('a row is there, and does not say that it was free, when', () => {
  test('the upstream cuts a stream', async () => {
    await start();
    const response = await post({ 'x-sandbox-fault': 'reset-in-body' });
    await expect(response.text()).rejects.toThrow();
    expect(await meter.rows(1)).toMatchObject([
      { outcome: 'upstream_reset', status: 200, streamed: true },
    ]);
  });

  test('the client cancels a stream before its first token', async () => {
    await start();
    await leaveWhileItWorks(true);
    expect(await meter.rows(1)).toMatchObject([{ outcome: 'client_abort', paid: 'yes' }]);
    await sandbox.log.until(() => sandbox.log.calls[0]?.end === 'cancelled');
  });

  test('the client cancels in the middle of a stream', async () => {
    await start();
    const leave = new AbortController();
    const response = await post({ 'x-sandbox-tokens': '10000' }, { signal: leave.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    leave.abort();
    await expect(reader?.read()).rejects.toThrow();
    const [row] = await meter.rows(1);
    expect(row).toMatchObject({ outcome: 'client_abort', status: 200, paid: 'yes' });
    expect(row?.bytesOut).toBeGreaterThan(0);
    await sandbox.log.until(() => sandbox.log.calls[0]?.end === 'cancelled');
  });

  test('the client cancels a request that does not stream', async () => {
    await start();
    await leaveWhileItWorks(false);
    expect(await meter.rows(1)).toMatchObject([{ outcome: 'client_abort', paid: 'unknown' }]);
    await sandbox.log.until(() => sandbox.log.calls[0]?.end === 'cancelled');
  });

  test('the upstream takes too long: 504', async () => {
    await start();
    const response = await post({ 'x-sandbox-fault': 'hang' });
    expect(response.status).toBe(504);
    expect(await meter.rows(1)).toMatchObject([{ outcome: 'upstream_timeout', status: 504 }]);
  });

  test('the application fails with 500', async () => {
    await start();
    const response = await post({ 'x-sandbox-fault': 'container-500' });
    expect(response.status).toBe(500);
    expect(await meter.rows(1)).toMatchObject([
      { outcome: 'upstream_error', status: 500, errorClass: 'container_error', paid: 'yes' },
    ]);
  });

  test('a retry fails too: one row, which counts the tries', async () => {
    await start();
    const response = await post({}, { endpoint: 'server' });
    expect(response.status).toBe(503);
    expect(await meter.rows(1)).toMatchObject([
      { outcome: 'upstream_error', status: 503, retries: 2 },
    ]);
  });

  test('the office thread fails while it takes rows in: they are taken in later, once', async () => {
    await start();
    await (await post()).text();
    await meter.loseLedger();
    await expect(meter.step()).rejects.toThrow();
    await (await post()).text();
    await meter.reopenLedger();
    expect(await meter.rows(2)).toMatchObject([{ outcome: 'ok' }, { outcome: 'ok' }]);
  });
});
