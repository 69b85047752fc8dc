import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_UPSTREAM } from '../../../src/proxy/proxy-settings.ts';
import { proxySettingsOf } from '../../../src/wiring/proxy-settings-of.ts';
import { configOf, ENDPOINT } from '../config/load.ts';

describe('what the configuration says to the proxy', () => {
  test('is the proxy’s own defaults when the file names an endpoint only', () => {
    const { endpoints, ...settings } = proxySettingsOf(configOf(ENDPOINT));
    expect(settings).toEqual({
      listen: { host: '127.0.0.1', port: 8787 },
      singleUpstream: null,
      clients: [],
      requireKey: false,
      onJournalFailure: 'forward',
      responseHeaders: true,
      via: false,
      forwarded: false,
      clientCountryHeader: null,
      limits: DEFAULT_LIMITS,
      abortGraceUs: 120_000_000,
      redirectGraceSeconds: 600,
      drainSeconds: 30,
    });
    expect(endpoints).toMatchObject([{ name: 'generate', ...DEFAULT_UPSTREAM }]);
  });

  test('of limits and graces reaches it in its units', () => {
    const text = `${ENDPOINT}proxy:
  { maxHeader: 16KiB, maxConnections: 9, headersTimeout: 2s, requestTimeout: 10m, keepAlive: 5s,
    drain: 3s, abortGrace: 4s, redirectGrace: 5m, via: true, forwarded: true, responseHeaders: false,
    clientCountryHeader: CF-IPCountry }
journal: { onFailure: refuse }
`;
    expect(proxySettingsOf(configOf(text))).toMatchObject({
      limits: {
        maxHeaderBytes: 16_384,
        maxConnections: 9,
        headersTimeoutMs: 2_000,
        requestTimeoutMs: 600_000,
        keepAliveTimeoutMs: 5_000,
      },
      drainSeconds: 3,
      abortGraceUs: 4_000_000,
      redirectGraceSeconds: 300,
      via: true,
      forwarded: true,
      responseHeaders: false,
      clientCountryHeader: 'cf-ipcountry',
      onJournalFailure: 'refuse',
    });
  });

  test('of an endpoint reaches it, a silence beyond 300 s included', () => {
    const text = `endpoints:
  a: { upstream: https://a.modal.run, gpu: L40S, connections: 7, queueLimit: 8, connectTimeout: 3s,
    headersTimeout: 20m, idleTimeout: 10m, includeUsage: true, answerCors: true, follow303: true,
    retryCold503: { attempts: 4, delay: 2s }, modalAuth: { key: { env: K }, secret: { env: S } },
    digest: { key: { env: D } } }
  b: { upstream: https://b.modal.run, gpu: none, signBody: { key: { env: B } } }
`;
    const env = { K: 'wk-1', S: 'ws-1', D: 'digest', B: Buffer.from('sign').toString('base64') };
    expect(proxySettingsOf(configOf(text, env)).endpoints).toMatchObject([
      {
        connections: 7,
        queueLimit: 8,
        connectTimeoutMs: 3_000,
        headersTimeoutMs: 1_200_000,
        idleTimeoutMs: 600_000,
        includeUsage: true,
        answerCors: true,
        follow303: true,
        retryCold503: { attempts: 4, delayMs: 2_000 },
        injectModalAuth: { key: 'wk-1', secret: 'ws-1' },
        digestKey: Buffer.from('digest'),
        signBody: null,
      },
      { headersTimeoutMs: null, idleTimeoutMs: null, signBody: { key: Buffer.from('sign') } },
    ]);
  });

  test('of clients: a hash in place of each key, and keys are asked for once one has one', () => {
    const text = `${ENDPOINT}clients:
  app: { key: { env: APP }, requestsPerMinute: 60, concurrency: 5 }
  job: { concurrency: 1 }
`;
    const settings = proxySettingsOf(configOf(text, { APP: 'hush' }));
    const keySha256 = createHash('sha256').update('hush').digest('hex');
    expect(settings.clients).toEqual([
      { name: 'app', keySha256, requestsPerMinute: 60, concurrency: 5 },
      { name: 'job', keySha256: null, requestsPerMinute: null, concurrency: 1 },
    ]);
    expect(settings.requireKey).toBe(true);
    expect(JSON.stringify(settings)).not.toContain('hush');
  });

  test('that names a secret which is not there is an error that names the variable', () => {
    const text = `${ENDPOINT}clients: { app: { key: { env: APP } } }\n`;
    expect(() => proxySettingsOf(configOf(text))).toThrow('APP');
  });
});
