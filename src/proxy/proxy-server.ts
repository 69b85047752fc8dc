import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { clientSpanIdOf, traceIdOf, uuidv7 } from '../core/ids.ts';
import type { OpenedRequest } from '../core/request-record.ts';
import { EndpointRuntime } from './endpoint-runtime.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { rawProblem } from './problem.ts';
import type { ProxySettings } from './proxy-settings.ts';
import { type ProxyStats, zeroByOutcome } from './proxy-stats.ts';
import { incomingTrace, requestNotes, upstreamHead } from './request-headers.ts';
import { Routing } from './routing.ts';

export interface Proxy {
  listen(): Promise<{ host: string; port: number }>;
  stop(): Promise<void>;
  stopNow(): void;
  stats(): ProxyStats;
}

export function createProxy(settings: ProxySettings): Proxy {
  return new ProxyServer(settings);
}

class ProxyServer implements Proxy {
  readonly #settings: ProxySettings;
  readonly #routing: Routing<EndpointRuntime>;
  readonly #endpoints: EndpointRuntime[];
  readonly #context: ExchangeContext;
  readonly #app: FastifyInstance;
  readonly #active = new Set<Exchange>();

  constructor(settings: ProxySettings) {
    this.#settings = settings;
    const limits = {
      maxHeadBytes: settings.limits.maxHeaderBytes,
      nowMs: () => settings.clock.monotonic() / 1_000,
    };
    this.#endpoints = settings.endpoints.map((endpoint) => new EndpointRuntime(endpoint, limits));
    this.#routing = new Routing(this.#endpoints, settings.singleUpstream);
    this.#context = {
      clock: settings.clock,
      journal: settings.journal,
      onJournalFailure: settings.onJournalFailure,
      log: settings.log,
      responseHeaders: settings.responseHeaders,
      abortGraceUs: settings.abortGraceUs,
      draining: () => false,
      onEnded: () => {},
    };
    this.#app = this.#createApp();
  }

  async listen(): Promise<{ host: string; port: number }> {
    await this.#app.listen(this.#settings.listen);
    const { address, port } = this.#app.server.address() as AddressInfo;
    return { host: address, port };
  }

  async stop(): Promise<void> {
    await this.#app.close();
    for (const endpoint of this.#endpoints) {
      endpoint.connections.close();
    }
  }

  stopNow(): void {
    for (const exchange of this.#active) {
      exchange.shutdown();
    }
  }

  stats(): ProxyStats {
    return {
      endpoints: this.#endpoints.map((endpoint) => ({
        endpoint: endpoint.name,
        requests: zeroByOutcome(),
        bytesIn: 0,
        bytesOut: 0,
        inFlight: endpoint.inFlight,
        queued: endpoint.connections.waiting,
        connections: endpoint.connections.connections,
      })),
      unknownEndpoint: 0,
      malformed: 0,
      clientConnections: 0,
      parked: 0,
    };
  }

  #createApp(): FastifyInstance {
    const { limits } = this.#settings;
    const app = fastify({
      logger: false,
      return503OnClosing: false,
      serverFactory: (routed) => this.#createServer(routed as RequestListener),
      clientErrorHandler: (_error: Error, socket: Socket) => {
        socket.end(
          rawProblem(
            { status: 400, title: 'Bad Request', cause: 'malformed', fix: 'x', errorClass: null },
            'Bad Request',
          ),
        );
      },
    });
    app.setNotFoundHandler((_request, reply) => {
      reply
        .code(404)
        .type('application/problem+json')
        .send(
          JSON.stringify({ endpoints: this.#settings.endpoints.map(({ name }) => name), limits }),
        );
    });
    return app;
  }

  #createServer(routed: RequestListener): Server {
    const { limits } = this.#settings;
    return createServer(
      {
        maxHeaderSize: limits.maxHeaderBytes,
        headersTimeout: limits.headersTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        keepAliveTimeout: limits.keepAliveTimeoutMs,
        noDelay: true,
      },
      (request, response) => this.#accept(request, response, routed),
    );
  }

  #accept(request: IncomingMessage, response: ServerResponse, routed: RequestListener): void {
    const route = this.#routing.find(request.url ?? '/');
    if (route === null) {
      routed(request, response);
      return;
    }
    const { clock, random } = this.#settings;
    const startedUs = clock.monotonic();
    const startedAt = clock.now();
    const id = uuidv7(startedAt, random(10));
    const notes = requestNotes(request.rawHeaders);
    const trace = incomingTrace(request.headers);
    const traceId = trace?.traceId ?? traceIdOf(id);
    const opened: OpenedRequest = {
      id,
      endpoint: route.endpoint.name,
      pool: null,
      operation: notes.operation,
      client: notes.client,
      group: notes.group,
      tags: notes.tags,
      method: request.method ?? 'GET',
      path: route.target.split('?')[0] ?? '/',
      startedAt,
      traceId,
      parentSpanId: trace?.parentSpanId ?? null,
      clientCountry: null,
    };
    const head = upstreamHead({
      method: opened.method,
      target: route.target,
      rawHeaders: request.rawHeaders,
      headers: request.headers,
      host: route.endpoint.origin.host,
      traceId,
      spanId: clientSpanIdOf(id),
      traceFlags: trace?.flags ?? '01',
      clientAddress: request.socket.remoteAddress ?? 'unknown',
      extra: '',
      drop: new Set(),
      upgrade: false,
    });
    const chunked = request.headers['transfer-encoding'] !== undefined;
    const exchange = new Exchange(this.#context, {
      request,
      response,
      endpoint: route.endpoint,
      opened,
      startedUs,
      head,
      bodyFraming: { chunked, length: Number(request.headers['content-length'] ?? 0) },
    });
    exchange.start();
  }
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;
