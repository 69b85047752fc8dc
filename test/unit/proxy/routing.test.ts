import { describe, expect, test } from 'vitest';
import { proxiedLocation } from '../../../src/proxy/location.ts';
import { Routing } from '../../../src/proxy/routing.ts';
import { upstreamOrigin } from '../../../src/proxy/upstream-origin.ts';

const ENDPOINTS = [
  { name: 'generate', upstream: 'https://ws--generate.modal.run' },
  { name: 'chat', upstream: 'https://inference.example.com/v1' },
  { name: 'batch', upstream: 'https://inference.example.com/batch/' },
];
const routing = new Routing(ENDPOINTS, null);

describe('a request target leads to', () => {
  test.each([
    ['/generate', 'generate', '/', '/generate'],
    ['/generate/', 'generate', '/', '/generate'],
    ['/generate?a=%2F&a=2', 'generate', '/?a=%2F&a=2', '/generate'],
    ['/generate//a/../b%20c', 'generate', '//a/../b%20c', '/generate'],
    ['/ws--generate.modal.run/x?y', 'generate', '/x?y', '/ws--generate.modal.run'],
    ['/WS--Generate.modal.run/x', 'generate', '/x', '/WS--Generate.modal.run'],
    ['/chat/chat/completions', 'chat', '/v1/chat/completions', '/chat'],
    ['/inference.example.com/batch/1', 'batch', '/batch/1', '/inference.example.com'],
    ['/inference.example.com/v1/models', 'chat', '/v1/models', '/inference.example.com'],
    ['http://proxy:8787/generate/x', 'generate', '/x', '/generate'],
  ])('%s: endpoint %s, target %s', (url, name, target, prefix) => {
    const route = routing.find(url);
    expect([route?.endpoint.name, route?.target, route?.prefix]).toEqual([name, target, prefix]);
  });

  test.each([
    '/',
    '/unknown/x',
    '/evil.example.com/',
    '/generates',
    '/generate.',
    '*',
    '/Generate',
  ])('%s: nowhere', (url) => {
    expect(routing.find(url)).toBeNull();
  });

  test('a single upstream takes everything unchanged', () => {
    const single = new Routing(ENDPOINTS, 'generate');
    expect(single.find('/chat/x?y')?.target).toBe('/chat/x?y');
    expect(single.find('*')?.target).toBe('*');
  });
});

describe('a location', () => {
  const origin = upstreamOrigin('https://ws--generate.modal.run');
  const based = upstreamOrigin('https://inference.example.com/v1');

  test.each([
    ['https://ws--generate.modal.run/?a=1', '/generate/?a=1'],
    ['https://WS--generate.modal.run:443/x', '/generate/x'],
    ['http://ws--generate.modal.run/x/', '/generate/x/'],
    ['//ws--generate.modal.run/x', '/generate/x'],
    ['/x?y=1', '/generate/x?y=1'],
    ['https://ws--generate.modal.run', '/generate/'],
  ])('%s keeps the client on the proxy: %s', (location, wanted) => {
    expect(proxiedLocation(location, origin, { prefix: '/generate', base: '' })).toBe(wanted);
  });

  test.each(['?__modal_function_call_id=fc-1', 'x/y', 'https://other.example.com/', ''])(
    '%s stays as it is',
    (location) => {
      expect(proxiedLocation(location, origin, { prefix: '/generate', base: '' })).toBeNull();
    },
  );

  test('leaves the base path out, and stays as it is when it leads out of it', () => {
    const place = { prefix: '/chat', base: '/v1' };
    expect(proxiedLocation('/v1/jobs/1', based, place)).toBe('/chat/jobs/1');
    expect(proxiedLocation('/v1?x', based, place)).toBe('/chat?x');
    expect(proxiedLocation('/login', based, place)).toBeNull();
    expect(proxiedLocation('/v11', based, place)).toBeNull();
  });
});
