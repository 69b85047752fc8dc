import { createHash } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { SecretReference } from '../config/secret.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_UPSTREAM,
  type ProxyClient,
  type ProxyEndpoint,
  type ProxySettings,
} from '../proxy/proxy-settings.ts';
import { secretOf } from './secret-of.ts';

type FromConfig = Omit<ProxySettings, 'budget' | 'journal' | 'clock' | 'random' | 'log'>;

/**
 * What the configuration says to the proxy.
 * @throws Error when a secret that the proxy needs is not there.
 */
export function proxySettingsOf(config: Config): FromConfig {
  const { proxy } = config;
  const clients = Object.entries(config.clients).map(([name, each]): ProxyClient => {
    const key = each.key === undefined ? null : secretOf(config, each.key);
    return {
      name,
      keySha256: key === null ? null : createHash('sha256').update(key).digest('hex'),
      requestsPerMinute: each.requestsPerMinute ?? null,
      concurrency: each.concurrency ?? null,
    };
  });
  return {
    listen: config.listen,
    endpoints: config.endpoints.map((endpoint) => endpointOf(config, endpoint)),
    singleUpstream: config.singleUpstream,
    clients,
    requireKey: clients.some((client) => client.keySha256 !== null),
    onJournalFailure: config.journal.onFailure,
    responseHeaders: proxy.responseHeaders,
    via: proxy.via,
    forwarded: proxy.forwarded,
    clientCountryHeader: proxy.clientCountryHeader ?? null,
    limits: {
      maxHeaderBytes: proxy.maxHeader,
      maxConnections: proxy.maxConnections,
      heldBytes: DEFAULT_LIMITS.heldBytes,
      headersTimeoutMs: proxy.headersTimeout / 1_000,
      requestTimeoutMs: inMs(proxy.requestTimeout) ?? 0,
      keepAliveTimeoutMs: proxy.keepAlive / 1_000,
    },
    abortGraceUs: proxy.abortGrace,
    redirectGraceSeconds: proxy.redirectGrace / 1_000_000,
    drainSeconds: proxy.drain / 1_000_000,
  };
}

function endpointOf(config: Config, endpoint: EndpointSettings): ProxyEndpoint {
  const options = config.upstreamOptions[endpoint.name];
  if (options === undefined) return { ...endpoint, ...DEFAULT_UPSTREAM };
  const secret = (reference: SecretReference) => secretOf(config, reference);
  const { modalAuth, signBody, digest, retryCold503 } = options;
  return {
    ...endpoint,
    ...DEFAULT_UPSTREAM,
    connections: options.connections,
    queueLimit: options.queueLimit,
    connectTimeoutMs: options.connectTimeout / 1_000,
    headersTimeoutMs: inMs(options.headersTimeout),
    idleTimeoutMs: inMs(options.idleTimeout),
    tlsCa: options.tlsCa === undefined ? null : secret(options.tlsCa),
    injectModalAuth:
      modalAuth === undefined
        ? null
        : { key: secret(modalAuth.key), secret: secret(modalAuth.secret) },
    signBody: signBody === undefined ? null : { key: Buffer.from(secret(signBody.key), 'base64') },
    digestKey: digest === undefined ? null : Buffer.from(secret(digest.key)),
    includeUsage: options.includeUsage,
    answerCors: options.answerCors,
    retryCold503:
      retryCold503 === undefined
        ? null
        : { attempts: retryCold503.attempts, delayMs: retryCold503.delay / 1_000 },
    follow303: options.follow303,
  };
}

function inMs(us: number | undefined): number | null {
  return us === undefined ? null : us / 1_000;
}
