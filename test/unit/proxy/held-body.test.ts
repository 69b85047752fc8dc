import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { prepareBody } from '../../../src/proxy/held-body.ts';
import { DEFAULT_UPSTREAM } from '../../../src/proxy/proxy-settings.ts';

const json = { 'content-type': 'application/json' };
const including = { ...DEFAULT_UPSTREAM, includeUsage: true };

describe('asking a stream for usage', () => {
  test('adds one field and keeps every other byte', () => {
    const { body, usageInjected } = prepareBody(
      Buffer.from('{ "stream" : true, "x":1.0}'),
      json,
      including,
    );
    expect(body.toString()).toBe(
      '{"stream_options":{"include_usage":true}, "stream" : true, "x":1.0}',
    );
    expect(usageInjected).toBe(true);
  });

  test('asks for a stream that is not encoded, in place of what the client accepts', () => {
    const { extra, replaces } = prepareBody(Buffer.from('{"stream":true}'), json, including);
    expect([extra, replaces]).toEqual(['Accept-Encoding: identity\r\n', ['accept-encoding']]);
  });

  test('keeps other stream options', () => {
    const text = '{"stream":true,"stream_options":{"continuous_usage_stats":false}}';
    const { body } = prepareBody(Buffer.from(text), json, including);
    expect(JSON.parse(body.toString()).stream_options).toEqual({
      continuous_usage_stats: false,
      include_usage: true,
    });
  });

  test.each([
    ['no stream', '{"stream":false}', json],
    ['an answer already given', '{"stream":true,"stream_options":{"include_usage":false}}', json],
    ['no JSON', 'stream', json],
    ['null', 'null', json],
    ['another type', '{"stream":true}', { 'content-type': 'text/plain' }],
    ['a coded body', '{"stream":true}', { ...json, 'content-encoding': 'gzip' }],
    ['a signed body', '{"stream":true}', { ...json, 'x-signature': 'abc' }],
    ['a very long body', `{"stream":true,"x":"${'x'.repeat(4 * 1024 * 1024)}"}`, json],
  ])('leaves %s alone', (_name, text, headers) => {
    const { body, usageInjected } = prepareBody(Buffer.from(text), headers, including);
    expect([body.toString(), usageInjected]).toEqual([text, false]);
  });
});

test('a body is signed as it goes upstream', () => {
  const key = Buffer.from('key');
  const { body, extra, replaces } = prepareBody(Buffer.from('{"stream":true}'), json, {
    ...including,
    signBody: { key },
  });
  const signature = createHmac('sha256', key).update(body).digest('base64');
  expect(extra).toBe(`Accept-Encoding: identity\r\nX-Signature: ${signature}\r\n`);
  expect(replaces).toEqual(['accept-encoding', 'x-signature']);
});
