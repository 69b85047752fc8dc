import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CHANNELS } from '../../../alerts/channels/registry.ts';
import { testNotice } from '../../../alerts/test-notice.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import { failure, makeChannel, NOW, outgoing } from '../../support/channels/channel-kit.ts';
import { type HttpReceiver, startHttpReceiver } from '../../support/channels/http-receiver.ts';

const SIGNING_KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** How each kind that speaks HTTP is made for a receiver. */
const OVER_HTTP: Record<Exclude<keyof typeof CHANNELS, 'email'>, (url: string) => Channel> = {
  slack: (url) =>
    makeChannel(CHANNELS.slack, { webhook: { env: 'URL' }, timeoutMs: 500 }, { URL: url }),
  pagerduty: (url) =>
    makeChannel(
      CHANNELS.pagerduty,
      { url, routingKey: { env: 'KEY' }, timeoutMs: 500 },
      { KEY: 'r0ut1ng-k3y' },
    ),
  webhook: (url) =>
    makeChannel(
      CHANNELS.webhook,
      { url: { env: 'URL' }, secret: { env: 'KEY' }, timeoutMs: 500 },
      { URL: url, KEY: SIGNING_KEY },
    ),
};

describe.each(Object.entries(OVER_HTTP))('channel %s', (kind, create) => {
  let receiver: HttpReceiver;
  let channel: Channel;
  beforeEach(async () => {
    receiver = await startHttpReceiver();
    channel = create(receiver.url);
  });
  afterEach(() => receiver.close());

  test.each([200, 201, 202, 204])('%i is a success', async (status) => {
    receiver.reply = { status };
    expect(await channel.send(outgoing())).toEqual({ ok: true });
  });
  test.each([400, 401, 403, 404, 405, 409, 410, 413, 415, 422])('%i is final', async (status) => {
    receiver.reply = { status };
    expect(failure(await channel.send(outgoing()))).toMatchObject({ retryable: false });
  });
  test.each([301, 302, 307])(
    '%i is final: a notice is not sent to another address',
    async (status) => {
      receiver.reply = { status, headers: { location: `${receiver.url}/elsewhere` } };
      expect(failure(await channel.send(outgoing()))).toMatchObject({ retryable: false });
      expect(receiver.seen).toHaveLength(1);
    },
  );
  test.each([408, 425, 429, 500, 502, 503, 504, 529])('%i is tried again', async (status) => {
    receiver.reply = { status };
    expect(failure(await channel.send(outgoing()))).toMatchObject({ retryable: true });
  });
  test('waits as long as the receiver asks', async () => {
    receiver.reply = { status: 429, headers: { 'retry-after': '90' } };
    expect(failure(await channel.send(outgoing()))).toMatchObject({ retryAfterUs: 90_000_000 });
  });
  test('a receiver that hangs is given up on in time', async () => {
    receiver.reply = 'hang';
    const started = performance.now();
    expect(failure(await channel.send(outgoing()))).toMatchObject({ retryable: true });
    expect(performance.now() - started).toBeLessThan(5_000);
  });
  test('a connection that is cut is tried again', async () => {
    receiver.reply = 'drop';
    expect(failure(await channel.send(outgoing()))).toMatchObject({ retryable: true });
  });
  test('nobody there is tried again', async () => {
    const gone = create('http://127.0.0.1:1/hook');
    expect(failure(await gone.send(outgoing()))).toMatchObject({ retryable: true });
  });
  test('an error text holds no address and no key, whatever the receiver echoes', async () => {
    receiver.reply = { status: 500, body: `failed: ${receiver.url} /services/T0/B0/s3cr3t-path` };
    const found = failure(await channel.send(outgoing()));
    expect(found?.error).toContain('500');
    expect(found?.error).not.toMatch(/s3cr3t|r0ut1ng|whsec|127\.0\.0\.1/);
  });
  test('unicode arrives as it was written', async () => {
    const notice = testNotice(NOW, 'UTC');
    const headline = 'Überlauf 数据 🚨 <b>&"';
    await channel.send(
      outgoing({ notice: { ...notice, verdict: { ...notice.verdict, headline } } }),
    );
    const body = JSON.stringify(JSON.parse(receiver.seen[0]?.body ?? ''));
    expect(body).toContain('Überlauf 数据 🚨');
  });
  test('a trial is marked as one', async () => {
    await channel.send(outgoing({ test: true }));
    expect(receiver.seen[0]?.body).toContain('[TEST]');
  });
  test(`${kind} sends the number, the rule, the window, the zone and the link`, async () => {
    await channel.send(outgoing());
    const body = receiver.seen[0]?.body ?? '';
    for (const text of [
      '512.5',
      'budget.crossed',
      '2026-11',
      'Europe/Berlin',
      'http://127.0.0.1:8788/alerts',
    ]) {
      expect(body).toContain(text);
    }
  });
});

describe('webhook', () => {
  test('is signed as Standard Webhooks asks, with a stable id', async () => {
    const receiver = await startHttpReceiver();
    const channel = OVER_HTTP.webhook(receiver.url);
    await channel.send(outgoing());
    await channel.send(outgoing());
    await receiver.close();
    const [first, second] = receiver.seen;
    const id = String(first?.headers['webhook-id']);
    const timestamp = String(first?.headers['webhook-timestamp']);
    const key = Buffer.from(SIGNING_KEY.slice(6), 'base64');
    const expected = createHmac('sha256', key)
      .update(`${id}.${timestamp}.${first?.body}`)
      .digest('base64');
    expect(first?.headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(timestamp).toBe(String(NOW / 1_000_000));
    expect(second?.headers['webhook-id']).toBe(id);
    expect(id).not.toContain('.');
  });
});

describe('pagerduty', () => {
  test('an end resolves what its beginning opened', async () => {
    const receiver = await startHttpReceiver();
    const channel = OVER_HTTP.pagerduty(receiver.url);
    const notice = testNotice(NOW, 'UTC');
    await channel.send(outgoing({ notice: { ...notice, kind: 'incident' } }));
    await channel.send(outgoing({ notice: { ...notice, kind: 'ended' } }));
    await receiver.close();
    const [begin, end] = receiver.seen.map(({ body }) => JSON.parse(body));
    expect([begin.event_action, end.event_action]).toEqual(['trigger', 'resolve']);
    expect(end.dedup_key).toBe(begin.dedup_key);
    expect(begin.routing_key).toBe('r0ut1ng-k3y');
  });
});

describe('configuration', () => {
  test.each([
    [CHANNELS.email, { smtp: 'http://x', from: 'a@b', to: ['a@b'] }, /smtp:\/\/user@host:587/],
    [CHANNELS.email, { smtp: 'smtp://x', from: 'nobody', to: ['a@b'] }, /write an address/],
    [CHANNELS.email, { smtp: 'smtp://x', from: 'a@b', to: [] }, /./],
    [CHANNELS.slack, { webhook: 'https://hooks.slack.com/…' }, /env: NAME/],
    [CHANNELS.webhook, { url: 'no address', secret: { env: 'X' } }, /./],
    [CHANNELS.pagerduty, { routingKey: { env: 'X' }, colour: 'red' }, /colour/],
  ] as const)('what cannot work is refused with a remedy', (factory, config, message) => {
    const result = factory.schema.safeParse(config);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toMatch(message);
  });
});
