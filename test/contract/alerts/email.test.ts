import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { ChannelFactory } from '../../../alerts/channels/channel-factory.ts';
import { email } from '../../../alerts/channels/email/email.ts';
import { testNotice } from '../../../alerts/test-notice.ts';
import { failure, makeChannel, NOW, outgoing } from '../../support/channels/channel-kit.ts';
import { startSmtp, type TestSmtp } from '../../support/timeline/smtp.ts';

describe('email', () => {
  let smtp: TestSmtp;
  const create = (config: object = {}) =>
    makeChannel(
      email as unknown as ChannelFactory<z.ZodType>,
      {
        smtp: `smtp://127.0.0.1:${smtp.port}`,
        from: 'tripmeter <alerts@tripmeter.example>',
        to: ['ops@tripmeter.example', 'cfo@tripmeter.example'],
        tls: 'opportunistic',
        timeoutMs: 600,
        ...config,
      },
      { PASSWORD: 'p4ssw0rd', DKIM: DKIM_KEY },
    );
  beforeEach(async () => {
    smtp = await startSmtp(() => NOW);
  });
  afterEach(() => smtp.close());

  test('carries text and HTML with the same numbers, and says that a machine wrote it', async () => {
    expect(await create().send(outgoing())).toEqual({ ok: true });
    const mail = smtp.received[0]?.parsed;
    expect(mail?.text).toContain('$512.50');
    expect(mail?.html).toContain('$512.50');
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
  });
  test('keeps its Message-ID over attempts', async () => {
    const channel = create();
    await channel.send(outgoing());
    await channel.send(outgoing());
    const [first, second] = smtp.received.map(({ parsed }) => parsed.messageId);
    expect(first).toMatch(/^<[0-9a-f]{32}@tripmeter\.example>$/);
    expect(second).toBe(first);
  });
  test.each([
    ['451', true],
    ['550', false],
    ['hang', true],
    ['drop', true],
  ] as const)('a server that answers %s: tried again %s', async (mode, retryable) => {
    smtp.mode = mode;
    expect(failure(await create().send(outgoing()))).toMatchObject({ retryable });
  });
  test('nobody there is tried again', async () => {
    const channel = create({ smtp: 'smtp://127.0.0.1:1' });
    expect(failure(await channel.send(outgoing()))).toMatchObject({ retryable: true });
  });
  test('a server that never greets is given up on in time', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const found = await create({ smtp: `smtp://127.0.0.1:${port}` }).send(outgoing());
    silent.close();
    expect(failure(found)).toMatchObject({ retryable: true });
  });
  test('does not send in clear when TLS is required and the server has none', async () => {
    const found = failure(await create({ tls: 'required' }).send(outgoing()));
    expect(found).not.toBeNull();
    expect(smtp.received).toHaveLength(0);
  });
  test('a wrong password is final and is not repeated in the error', async () => {
    await smtp.close();
    smtp = await startSmtp(() => NOW, {
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      authOptional: false,
      onAuth: (_auth, _session, callback) => callback(new Error('wrong: p4ssw0rd of ops')),
    });
    const channel = create({
      smtp: `smtp://ops@127.0.0.1:${smtp.port}`,
      password: { env: 'PASSWORD' },
    });
    const found = failure(await channel.send(outgoing()));
    expect(found).toMatchObject({ retryable: false });
    expect(found?.error).not.toMatch(/p4ssw0rd|ops/);
  });
  test('logs in with the password that the configuration names', async () => {
    let seen: unknown = null;
    await smtp.close();
    smtp = await startSmtp(() => NOW, {
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      authOptional: false,
      onAuth: (auth, _session, callback) => {
        seen = [auth.username, auth.password];
        callback(null, { user: 'ops' });
      },
    });
    const channel = create({
      smtp: `smtp://ops@127.0.0.1:${smtp.port}`,
      password: { env: 'PASSWORD' },
    });
    expect(await channel.send(outgoing())).toEqual({ ok: true });
    expect(seen).toEqual(['ops', 'p4ssw0rd']);
  });
  test('is signed with DKIM when a key is configured', async () => {
    await create({
      dkim: { domain: 'tripmeter.example', selector: 's1', privateKey: { env: 'DKIM' } },
    }).send(outgoing());
    expect(smtp.received[0]?.raw).toMatch(
      /DKIM-Signature: v=1;[\s\S]*d=tripmeter\.example;[\s\S]*s=s1/,
    );
  });
  test('escapes what it shows', async () => {
    const notice = testNotice(NOW, 'UTC');
    const verdict = { ...notice.verdict, reason: '<script>alert(1)</script> & "quoted"' };
    await create().send(outgoing({ notice: { ...notice, verdict } }));
    expect(smtp.received[0]?.parsed.html).toContain('&lt;script&gt;');
    expect(smtp.received[0]?.parsed.html).not.toContain('<script>');
  });
  test('a line break in a headline does not become a header', async () => {
    const notice = testNotice(NOW, 'UTC');
    const verdict = { ...notice.verdict, headline: 'a\r\nBcc: evil@example.com' };
    await create().send(outgoing({ notice: { ...notice, verdict } }));
    expect(smtp.received[0]?.parsed.headers.has('bcc')).toBe(false);
  });
});

const DKIM_KEY = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string;
