import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createGunzip, createGzip, gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { ProxyEndpoint } from '../../../src/proxy/proxy-settings.ts';
import { startHttpUpstream } from '../../support/proxy/http-upstream.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A proxy that asks for usage, before an upstream that answers once it has read the request. */
async function asking(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<ProxyEndpoint> = {},
): Promise<RunningProxy> {
  const upstream = await startHttpUpstream(async (incoming, response) => {
    incoming.resume();
    await once(incoming, 'end');
    answer(incoming, response);
  });
  opened.push(() => upstream.close());
  const endpoint = proxyEndpoint('up', upstream.url, { includeUsage: true, ...options });
  const running = await startProxy([endpoint]);
  opened.push(() => running.proxy.stop());
  return running;
}

async function stream({ port }: RunningProxy, headers = {}): Promise<IncomingMessage> {
  const asked = request({
    ...{ port, method: 'POST', path: '/up/v1/chat/completions' },
    headers: { 'content-type': 'application/json', ...headers },
  });
  asked.end('{"stream":true}');
  return (await once(asked, 'response'))[0];
}

const token = (text: string) => `data: {"choices":[{"delta":{"content":"${text}"}}]}`;
const USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}';
const EVENTS = { 'content-type': 'text/event-stream' };

describe.each(['\r\n', '\n', '\r'])('frames whose lines end in %j', (eol) => {
  test('reach the client one by one, before the next is sent, without the usage chunk', async () => {
    const answering = Promise.withResolvers<ServerResponse>();
    const running = await asking((_request, response) => {
      response.writeHead(200, EVENTS).flushHeaders();
      answering.resolve(response);
    });
    const response = await stream(running);
    const upstream = await answering.promise;
    let received = '';
    for (const frame of [token('a'), token('b'), USAGE, 'data: [DONE]']) {
      const came = frame === USAGE ? null : once(response, 'data');
      upstream.write(`${frame}${eol}${eol}`);
      if (came !== null) received += String((await came)[0]);
    }
    upstream.end();
    await once(response.resume(), 'end');
    const shown = [token('a'), token('b'), 'data: [DONE]'];
    expect(received).toBe(shown.map((frame) => `${frame}${eol}${eol}`).join(''));
    expect(await running.journal.closedAt(0)).toMatchObject({ tokensIn: 3, tokensOut: 2 });
  });
});

describe('a client that accepts gzip', () => {
  const gzip = { 'accept-encoding': 'gzip, br' };

  test('gets a stream that is not encoded, for the usage chunk could not be hidden else', async () => {
    let accepted: string | undefined;
    const running = await asking(({ headers }, response) => {
      accepted = headers['accept-encoding']?.toString();
      response.writeHead(200, EVENTS).end(`${token('a')}\n\n${USAGE}\n\ndata: [DONE]\n\n`);
    });
    const response = await stream(running, gzip);
    let text = '';
    for await (const chunk of response) text += chunk;
    expect(accepted).toBe('identity');
    expect(text).toBe(`${token('a')}\n\ndata: [DONE]\n\n`);
  });

  test('gets none that is encoded from behind a redirect that is followed for it either', async () => {
    const accepted: (string | undefined)[] = [];
    const running = await asking(
      ({ url = '', headers }, response) => {
        accepted.push(headers['accept-encoding']?.toString());
        const location = `${url}?__modal_function_call_id=fc-1`;
        if (!url.includes('fc-1')) response.writeHead(303, { location }).end();
        else response.writeHead(200, EVENTS).end(`${token('a')}\n\n${USAGE}\n\n`);
      },
      { follow303: true },
    );
    let text = '';
    for await (const chunk of await stream(running, gzip)) text += chunk;
    expect(text).toBe(`${token('a')}\n\n`);
    expect(accepted).toEqual(['identity', 'identity']);
  });

  test('gets what is encoded all the same as it comes, and the record has its usage', async () => {
    const coder = createGzip();
    const running = await asking((_request, response) => {
      response.writeHead(200, { ...EVENTS, 'content-encoding': 'gzip' });
      coder.pipe(response);
      coder.write(`${token('a')}\n\n`);
      coder.flush();
    });
    const response = await stream(running, gzip);
    const bytes: Buffer[] = [];
    const decoder = createGunzip();
    response.on('data', (chunk: Buffer) => {
      bytes.push(chunk);
      decoder.write(chunk);
    });
    const first = String((await once(decoder, 'data'))[0]);
    coder.end(`${USAGE}\n\n`);
    await once(response, 'end');
    expect(first).toBe(`${token('a')}\n\n`);
    expect(gunzipSync(Buffer.concat(bytes)).toString()).toBe(`${token('a')}\n\n${USAGE}\n\n`);
    expect(await running.journal.closedAt(0)).toMatchObject({
      ...{ tokensOut: 2, contentEncoding: 'gzip', bytesOut: Buffer.concat(bytes).length },
    });
  });
});
