import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Admission } from '../../../src/proxy/admission.ts';
import type { ProxyClient, ProxySettings } from '../../../src/proxy/proxy-settings.ts';
import { proxySettings } from '../../support/proxy/start-proxy.ts';

const keySha256 = createHash('sha256').update('secret').digest('hex');
const client = (options: Partial<ProxyClient> = {}): ProxyClient => ({
  name: 'app',
  keySha256,
  requestsPerMinute: null,
  concurrency: null,
  ...options,
});
const door = (options: Partial<ProxySettings>) => new Admission(proxySettings([], options));
const key = { 'x-tripmeter-key': 'secret' };

function verdict(admission: Admission, headers = {}, claimed: string | null = null, now = 0) {
  const result = admission.admit(headers, 'generate', claimed, now);
  return 'problem' in result ? result.problem.status : result.client;
}

describe('the door', () => {
  test('names the client by its key, in either header', () => {
    const admission = door({ clients: [client()] });
    expect(verdict(admission, key)).toBe('app');
    const bearer = admission.admit({ authorization: 'Bearer secret' }, 'generate', null, 0);
    expect(bearer).toMatchObject({ client: 'app', keyInAuthorization: true });
  });

  test('leaves an Authorization that is not a client key to the upstream', () => {
    const other = door({ clients: [client()] }).admit(
      { authorization: 'Bearer wk.ws' },
      'g',
      null,
      0,
    );
    expect(other).toMatchObject({ client: null, keyInAuthorization: false });
  });

  test.each([[{}], [{ 'x-tripmeter-key': 'wrong' }], [{ authorization: 'Basic c2VjcmV0' }]])(
    'refuses %j where keys are required',
    (headers) => {
      expect(verdict(door({ clients: [client()], requireKey: true }), headers)).toBe(401);
    },
  );

  test('does not let a caller take the name of a client that has a key', () => {
    const admission = door({ clients: [client()] });
    expect(verdict(admission, {}, 'app')).toBeNull();
    expect(verdict(admission, {}, 'someone')).toBe('someone');
  });

  test('refuses a hash that is none', () => {
    expect(() => door({ clients: [client({ keySha256: 'secret' })] })).toThrow(/64 hexadecimal/);
  });

  test('asks the budget with client and endpoint', () => {
    const budget: ProxySettings['budget'] = (name, endpoint) =>
      name === 'app' && endpoint === 'generate' ? 'refuse' : 'allow';
    const admission = door({ clients: [client()], budget });
    expect(verdict(admission, key)).toBe(402);
    expect(verdict(admission)).toBeNull();
  });

  test('lets a minute of requests through at once, and then at the rate', () => {
    const admission = door({ clients: [client({ requestsPerMinute: 3 })] });
    const start = 1e15;
    const at = (seconds: number) => verdict(admission, key, null, start + seconds * 1e6);
    expect([at(0), at(0), at(0), at(0)]).toEqual(['app', 'app', 'app', 429]);
    expect([at(19), at(20.1), at(20.2)]).toEqual([429, 'app', 429]);
  });

  test('counts what runs, and gives the place back', () => {
    const admission = door({ clients: [client({ concurrency: 1 })] });
    const first = admission.admit(key, 'generate', null, 0);
    expect(verdict(admission, key)).toBe(429);
    if ('leave' in first) {
      first.leave();
    }
    expect(verdict(admission, key)).toBe('app');
  });
});
