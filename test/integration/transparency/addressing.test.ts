import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proxyEndpoint, type RunningProxy, startProxy } from '../../support/proxy/start-proxy.ts';
import { request, response } from '../../support/transparency/transparency-case.ts';
import { headerOf, targetOf } from '../../support/wire/http-message.ts';
import { RecordingUpstream } from '../../support/wire/recording-upstream.ts';
import { runClient } from '../../support/wire/wire-client.ts';
import { keptTargets } from './cases/targets.ts';

const upstream = new RecordingUpstream();
let byPath: RunningProxy;
let single: RunningProxy;

beforeAll(async () => {
  await upstream.listen();
  const url = `http://127.0.0.1:${upstream.port}`;
  // Another host, since a host in the path must mean one endpoint.
  const based = `http://localhost:${upstream.port}/base`;
  const endpoints = [proxyEndpoint('up', url), proxyEndpoint('based', based)];
  byPath = await startProxy(endpoints, { drainSeconds: 0 });
  single = await startProxy([proxyEndpoint('up', url)], { singleUpstream: 'up', drainSeconds: 0 });
});
afterAll(async () => {
  await byPath.proxy.stop();
  await single.proxy.stop();
  await upstream.close();
});

async function send(port: number, target: string, reply: string) {
  upstream.reset({ '*': ['await-body', reply] });
  const steps = [request(`GET ${target}`)];
  const { responses } = await runClient(port, { steps, methods: ['GET'] });
  return { answer: responses.at(-1), seen: upstream.requests.map(targetOf) };
}

const OK = response('200 OK');

describe('an endpoint in the path', () => {
  test.each(keptTargets)('keeps %s behind its name', async (_, target) => {
    expect((await send(byPath.port, `/up${target}`, OK)).seen).toEqual([target]);
  });

  test.each([
    ['/up', '/'],
    ['/up?a=b', '/?a=b'],
    ['/up/', '/'],
    ['/up/up/up', '/up/up'],
    ['/based', '/base/'],
    ['/based/x?y', '/base/x?y'],
  ])('maps %s to %s', async (target, expected) => {
    expect((await send(byPath.port, target, OK)).seen).toEqual([expected]);
  });

  test('may be the configured host instead of the name, and no other host', async () => {
    const host = `127.0.0.1:${upstream.port}`;
    expect((await send(byPath.port, `/${host}/x?y`, OK)).seen).toEqual(['/x?y']);
    const { answer, seen } = await send(byPath.port, '/other.modal.run/x', OK);
    expect(answer?.startLine).toContain('404');
    expect(answer?.body.toString()).toContain('"up"');
    expect(seen).toEqual([]);
  });

  test('is found in an absolute-form target', async () => {
    const target = 'http://proxy.example/up/x?y';
    expect((await send(byPath.port, target, OK)).seen).toEqual(['/x?y']);
  });
});

describe('a redirect of Modal stays on the proxy', () => {
  const id = '__modal_function_call_id=fc-01';
  const here = () => `http://127.0.0.1:${upstream.port}`;

  test.each([
    ['absolute', () => `${here()}/run?x=1&${id}`, `/up/run?x=1&${id}`],
    ['absolute over TLS', () => `${here().replace('http', 'https')}/run?${id}`, `/up/run?${id}`],
    ['scheme-relative', () => `${here().slice(5)}/run?${id}`, `/up/run?${id}`],
    ['absolute path', () => `/run?x=1&${id}`, `/up/run?x=1&${id}`],
    ['query only', () => `?${id}`, `/up/run?${id}`],
    ['relative path', () => `other?${id}`, `/up/other?${id}`],
  ])('with a Location that is %s', async (_, location, expected) => {
    const reply = response('303 See Other', [`Location: ${location()}`]);
    const { answer } = await send(byPath.port, '/up/run?x=1', reply);
    const given = headerOf(answer ?? { headers: [] }, 'location') ?? '';
    const base = `http://127.0.0.1:${byPath.port}`;
    expect(new URL(given, `${base}/up/run?x=1`).href).toBe(base + expected);
  });

  test('also with a single upstream', async () => {
    const reply = response('303 See Other', [`Location: ${here()}/run?${id}`]);
    const { answer } = await send(single.port, '/run', reply);
    const given = headerOf(answer ?? { headers: [] }, 'location') ?? '';
    const base = `http://127.0.0.1:${single.port}`;
    expect(new URL(given, base).href).toBe(`${base}/run?${id}`);
  });

  test('and one that leads elsewhere is left alone', async () => {
    const elsewhere = 'https://elsewhere.example/a?b';
    const { answer } = await send(
      byPath.port,
      '/up/run',
      response('302 Found', [`Location: ${elsewhere}`]),
    );
    expect(headerOf(answer ?? { headers: [] }, 'location')).toBe(elsewhere);
  });
});

describe('headers of the request', () => {
  const seenWith = async (headers: readonly string[]) => {
    upstream.reset({});
    const steps = [request('GET /up/h', headers)];
    await runClient(byPath.port, { steps, methods: ['GET'] });
    return upstream.requests[0] ?? { headers: [] };
  };

  test('that speak to the meter do not reach the upstream', async () => {
    const { headers } = await seenWith([
      'X-Tripmeter-Operation: chat',
      'x-tripmeter-client: web',
      'x-tripmeter-group: run-1',
      'X-Tripmeter-Tag-Team: blue',
      'X-Kept: yes',
    ]);
    const names = headers.map(([name]) => name.toLowerCase());
    expect(names.filter((name) => name.startsWith('x-tripmeter-'))).toEqual([]);
    expect(names).toContain('x-kept');
    expect(byPath.journal.closed.at(-1)).toMatchObject({
      operation: 'chat',
      client: 'web',
      group: 'run-1',
      tags: { team: 'blue' },
    });
  });

  test('that Modal refuses are removed, the five that it accepts are not', async () => {
    const { headers } = await seenWith([
      'Modal-Function-Call-Id: fc-9',
      'modal-retry-count: 1',
      'Modal-Anything: x',
      'Modal-Key: wk-1',
      'Modal-Secret: ws-1',
      'Modal-Session-ID: s',
      'Modal-Authorization: Bearer t',
      'Modal-Routing-Affinity-Key: k',
    ]);
    const modal = headers.map(([name]) => name).filter((name) => /^modal-/i.test(name));
    expect(modal).toEqual([
      'Modal-Key',
      'Modal-Secret',
      'Modal-Session-ID',
      'Modal-Authorization',
      'Modal-Routing-Affinity-Key',
    ]);
  });

  test('name the upstream as host and the client as forwarded', async () => {
    const seen = await seenWith(['X-Forwarded-For: 192.0.2.1']);
    expect(headerOf(seen, 'host')).toBe(`127.0.0.1:${upstream.port}`);
    expect(headerOf(seen, 'x-forwarded-for')).toBe('192.0.2.1, 127.0.0.1');
  });

  test('continue the trace of the caller, or begin one', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const continued = await seenWith([`traceparent: 00-${traceId}-b7ad6b7169203331-01`]);
    expect(headerOf(continued, 'traceparent')).toMatch(
      new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`),
    );
    expect(headerOf(continued, 'traceparent')).not.toContain('b7ad6b7169203331');
    const begun = await seenWith([]);
    expect(headerOf(begun, 'traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  });
});
