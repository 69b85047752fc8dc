import { createVerify, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { ChannelFactory } from '../../../alerts/channels/channel-factory.ts';
import { email } from '../../../alerts/channels/email/email.ts';
import { failure, makeChannel, NOW, outgoing } from '../../support/channels/channel-kit.ts';
import { startSmtp, type TestSmtp } from '../../support/timeline/smtp.ts';

const TLS = join(import.meta.dirname, '../../fixtures/tls');
const CERTIFICATE = readFileSync(join(TLS, 'localhost.crt'), 'utf8');
const KEY = readFileSync(join(TLS, 'localhost.key'), 'utf8');
const DKIM = generateKeyPairSync('rsa', { modulusLength: 1_024 });

let smtp: TestSmtp | null = null;
afterEach(() => smtp?.close());

/** A server with a certificate of its own making, where one must log in. */
async function start(secure: boolean): Promise<{ server: TestSmtp; logins: string[] }> {
  const logins: string[] = [];
  smtp = await startSmtp(() => NOW, {
    ...{ secure, cert: CERTIFICATE, key: KEY, authOptional: false, disabledCommands: [] },
    onAuth: ({ username, password }, session, callback) => {
      logins.push(`${username}:${password}:${session.secure ? 'tls' : 'clear'}`);
      if (password === 'p4ssw0rd') callback(null, { user: username ?? '' });
      else callback(new Error('wrong'));
    },
  });
  return { server: smtp, logins };
}

const channelTo = (url: string, more: object = {}) =>
  makeChannel(
    email as unknown as ChannelFactory<z.ZodType>,
    {
      ...{ smtp: url, password: { env: 'PASSWORD' }, timeoutMs: 2_000 },
      ...{ from: 'tripmeter <alerts@tripmeter.example>', to: ['ops@tripmeter.example'] },
      ca: { env: 'CA' },
      ...more,
    },
    {
      PASSWORD: 'p4ssw0rd',
      WRONG: 'guess',
      CA: CERTIFICATE,
      DKIM: DKIM.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    },
  );

describe.each([
  ['TLS from the first byte', true, 'smtps'],
  ['STARTTLS', false, 'smtp'],
] as const)('email over %s', (_, secure, scheme) => {
  test('logs in and sends, all of it encrypted', async () => {
    const { server, logins } = await start(secure);
    const channel = channelTo(`${scheme}://ops@127.0.0.1:${server.port}`);
    expect(await channel.verify?.()).toEqual({ ok: true });
    expect(await channel.send(outgoing())).toEqual({ ok: true });
    expect(logins).toEqual(['ops:p4ssw0rd:tls', 'ops:p4ssw0rd:tls']);
    expect(server.received[0]?.parsed.subject).toContain('[tripmeter]');
  });

  test('a certificate that nobody vouches for gets no password and no mail', async () => {
    const { server, logins } = await start(secure);
    const channel = channelTo(`${scheme}://ops@127.0.0.1:${server.port}`, { ca: undefined });
    expect(failure(await channel.send(outgoing()))).toMatchObject({ retryable: true });
    expect(logins).toEqual([]);
    expect(server.received).toEqual([]);
  });

  test('a wrong password is final', async () => {
    const { server } = await start(secure);
    const url = `${scheme}://ops@127.0.0.1:${server.port}`;
    const channel = channelTo(url, { password: { env: 'WRONG' } });
    expect(failure((await channel.verify?.()) ?? { ok: true })).toMatchObject({ retryable: false });
    expect(failure(await channel.send(outgoing()))).toMatchObject({ retryable: false });
  });
});

test('a DKIM signature holds for the headers that were sent', async () => {
  const { server } = await start(true);
  const dkim = { domain: 'tripmeter.example', selector: 's1', privateKey: { env: 'DKIM' } };
  const channel = channelTo(`smtps://ops@127.0.0.1:${server.port}`, { dkim });
  expect(await channel.send(outgoing())).toEqual({ ok: true });
  expect(signatureHolds(server.received[0]?.raw ?? '')).toBe(true);
});

/** Checks an RSA signature with relaxed canonicalization (RFC 6376), over the signed headers. */
function signatureHolds(raw: string): boolean {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
  const fields = head.split(/\r\n(?=\S)/).map((field) => {
    const colon = field.indexOf(':');
    const value = field
      .slice(colon + 1)
      .replaceAll(/\s+/g, ' ')
      .trim();
    return { name: field.slice(0, colon).toLowerCase(), value };
  });
  const own = fields.find(({ name }) => name === 'dkim-signature');
  const tags = new Map(
    (own?.value ?? '').split(';').map((tag) => {
      const [name = '', ...value] = tag.split('=');
      return [name.trim(), value.join('=')] as const;
    }),
  );
  const signed = (tags.get('h') ?? '').split(':').map((name) => name.trim().toLowerCase());
  const lines = signed.flatMap((name) => {
    const field = fields.findLast((each) => each.name === name);
    return field === undefined ? [] : [`${name}:${field.value}\r\n`];
  });
  const unsigned = own?.value.replace(/\bb=[^;]*$/, 'b=') ?? '';
  const signature = (tags.get('b') ?? '').replaceAll(' ', '');
  return createVerify('RSA-SHA256')
    .update(`${lines.join('')}dkim-signature:${unsigned}`)
    .verify(DKIM.publicKey, signature, 'base64');
}
