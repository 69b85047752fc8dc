import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { ClosedRequest } from '../core/request-record.ts';
import { abandonedRequest } from './abandoned-request.ts';
import { ActiveExchanges } from './active-exchanges.ts';
import { ClientResponse } from './client-response.ts';
import { ClientSocket } from './client-socket.ts';
import { ConcurrencyMeter } from './concurrency-meter.ts';
import { EndpointRuntime } from './endpoint-runtime.ts';
import type { Exchange } from './exchange.ts';
import { hangUp, LINGER_MS } from './hang-up.ts';
import { createHttpServer } from './http-server.ts';
import { isPreflight, preflightHeaders } from './preflight.ts';
import { type Problem, rawProblem, unknownEndpoint } from './problem.ts';
import type { ProxySettings } from './proxy-settings.ts';
import type { ProxyStats } from './proxy-stats.ts';
import { type Arrival, Reception } from './reception.ts';
import { type ParkedExchange, RedirectChains, resumedExchange } from './redirect-chain.ts';
import { Routing } from './routing.ts';

/** The drop-in proxy in front of the configured endpoints. */
export interface Proxy {
  /** Starts to accept. Rejects when the address cannot be bound. */
  listen(): Promise<{ host: string; port: number }>;
  /** Accepts no more, lets running requests finish for up to `drainSeconds`, then ends as `stopNow`. */
  stop(): Promise<void>;
  /** Closes the records of running requests as `shutdown` and their connections. */
  stopNow(): void;
  stats(): ProxyStats;
}

/** @throws TypeError, RangeError when an upstream or a client key's hash is malformed. */
export function createProxy(settings: ProxySettings): Proxy {
  return new ProxyServer(settings);
}

class ProxyServer implements Proxy {
  readonly #settings: ProxySettings;
  readonly #endpoints: readonly EndpointRuntime[];
  readonly #routing: Routing<EndpointRuntime>;
  readonly #chains: RedirectChains;
  readonly #reception: Reception;
  readonly #app: FastifyInstance;
  readonly #active = new ActiveExchanges();
  readonly #sockets = new Set<Socket>();
  #draining = false;
  #unknownEndpoint = 0;
  #malformed = 0;
  #stopped = false;
  #refusedConnections = 0;
  #drained: (() => void) | null = null;

  constructor(settings: ProxySettings) {
    this.#settings = settings;
    const { clock, limits } = settings;
    const means = {
      maxHeadBytes: limits.maxHeaderBytes,
      nowMs: () => clock.monotonic() / 1_000,
      log: settings.log,
    };
    this.#endpoints = settings.endpoints.map((endpoint) => new EndpointRuntime(endpoint, means));
    this.#routing = new Routing(this.#endpoints, settings.singleUpstream);
    const graceMs = settings.redirectGraceSeconds * 1_000;
    this.#chains = new RedirectChains(graceMs, settings.clients, (exchange) =>
      this.#abandon(exchange),
    );
    this.#reception = new Reception(settings, this.#chains);
    this.#app = this.#createApp();
    this.#resume();
  }

  async listen(): Promise<{ host: string; port: number }> {
    // A copy: fastify writes into what it is given, and configuration is frozen.
    await this.#app.listen({ ...this.#settings.listen });
    const { address, port } = this.#app.server.address() as AddressInfo;
    return { host: address, port };
  }

  async stop(): Promise<void> {
    this.#draining = true;
    const closed = this.#app.close();
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    const deadline = setTimeout(() => this.stopNow(), this.#settings.drainSeconds * 1_000);
    this.#checkDrained();
    await drained;
    // What has been written may still be on its way; what nobody reads is cut at the deadline.
    for (const socket of this.#sockets) {
      if (this.#stopped) {
        socket.destroy();
      } else {
        socket.destroySoon();
      }
    }
    await closed;
    clearTimeout(deadline);
    this.#close();
  }

  stopNow(): void {
    this.#draining = true;
    this.#stopped = true;
    for (const socket of [...this.#sockets]) {
      const exchange = this.#active.on(socket);
      if (exchange === null) {
        socket.destroy();
      } else {
        // Its connection is broken when its record is written.
        exchange.shutdown();
      }
    }
    this.#close();
  }

  stats(): ProxyStats {
    return {
      endpoints: this.#endpoints.map((endpoint) => endpoint.stats()),
      unknownEndpoint: this.#unknownEndpoint,
      malformed: this.#malformed,
      clientConnections: this.#sockets.size,
      refusedConnections: this.#refusedConnections,
      parked: this.#chains.size,
    };
  }

  /** No longer than a connection may idle between two requests. */
  get #lingerMs(): number {
    const { keepAliveTimeoutMs } = this.#settings.limits;
    return keepAliveTimeoutMs === 0 ? LINGER_MS : Math.min(LINGER_MS, keepAliveTimeoutMs);
  }

  #createApp(): FastifyInstance {
    const { limits, endpoints } = this.#settings;
    const names = endpoints.map(({ name }) => name);
    const app = createHttpServer(limits, names, {
      onRequest: (request, response) => this.#onRequest(request, response),
      onInvalid: () => {
        this.#malformed += 1;
      },
      onUpgrade: (request, socket, head) => this.#onUpgrade(request, socket, head),
      onInvalidUpgrade: (socket, problem) => {
        this.#malformed += 1;
        this.#answer(socket, problem);
      },
      onConnect: (socket) => this.#answerNobody(socket),
      onMalformed: (socket, problem) => this.#onMalformed(socket, problem),
    });
    app.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    // node has closed it already: beyond its limit it accepts nothing.
    app.server.on('drop', () => {
      this.#refusedConnections += 1;
    });
    return app;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): boolean {
    if (response.socket === null) {
      // Pipelined: it has its turn when the response before it is complete.
      if (request.headers.upgrade !== undefined) {
        // It goes on as a plain one, and node loses what came behind it in its packet: nothing after it is answered.
        response.shouldKeepAlive = false;
      }
      response.once('socket', () => {
        if (!this.#onRequest(request, response)) {
          this.#app.routing(request, response);
        }
      });
      return true;
    }
    const route = this.#routing.find(request.url ?? '/');
    if (route === null) {
      this.#unknownEndpoint += 1;
      return false;
    }
    const { settings } = route.endpoint;
    if (settings.answerCors && isPreflight(request)) {
      response.writeHead(204, preflightHeaders(request.headers)).end();
      return true;
    }
    const { responseHeaders } = this.#settings;
    const client = new ClientResponse(response, () => this.#draining, responseHeaders);
    this.#receive({ request, client, route, upgrade: null });
    return true;
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const route = this.#routing.find(request.url ?? '/');
    if (route === null) {
      this.#answerNobody(socket);
      return;
    }
    socket.on('error', () => {});
    const { responseHeaders } = this.#settings;
    const client = new ClientSocket(socket, responseHeaders, this.#lingerMs);
    this.#receive({ request, client, route, upgrade: head });
  }

  /** On a bare socket: it is for no endpoint. */
  #answerNobody(socket: Socket): void {
    this.#unknownEndpoint += 1;
    const names = this.#settings.endpoints.map(({ name }) => name);
    this.#answer(socket, unknownEndpoint(names));
  }

  #answer(socket: Socket, problem: Problem): void {
    socket.on('error', () => {});
    socket.write(rawProblem(problem, problem.title));
    hangUp(socket, this.#lingerMs);
  }

  #receive(arrival: Arrival): void {
    const { socket } = arrival.request;
    let exchange: Exchange | null = null;
    exchange = this.#reception.receive(arrival, (closed) =>
      this.#onEnded(socket, exchange, arrival.route.endpoint, closed),
    );
    if (exchange !== null) {
      this.#active.begin(socket, exchange);
      exchange.start();
    }
  }

  #onMalformed(socket: Socket, problem: Problem): boolean {
    this.#malformed += 1;
    const exchange = this.#active.on(socket);
    exchange?.malformed(problem);
    return exchange !== null;
  }

  /** @param exchange `null`: the request was refused, and what its connection now carries is another's. */
  #onEnded(
    socket: Socket,
    exchange: Exchange | null,
    endpoint: EndpointRuntime,
    closed: ClosedRequest | null,
  ): void {
    if (exchange !== null) {
      this.#active.end(socket, exchange);
    }
    this.#checkDrained();
    if (closed !== null) {
      endpoint.countClosed(closed);
    }
  }

  #checkDrained(): void {
    if (this.#drained !== null && this.#active.size === 0) {
      // The last response may still be on its way to its socket.
      setImmediate(this.#drained);
      this.#drained = null;
    }
  }

  /** A parked request whose client has not come back. */
  #abandon(exchange: ParkedExchange): void {
    const { request } = exchange.parked;
    // Its endpoint may have left the configuration meanwhile; the request ends all the same.
    const endpoint = this.#endpoints.find(({ name }) => name === request.endpoint);
    const { clock, abortGraceUs, journal } = this.#settings;
    const meter = endpoint?.meterOf(request.pool) ?? new ConcurrencyMeter(1);
    const closed = abandonedRequest(exchange, meter, clock.monotonic(), abortGraceUs);
    journal.append({ type: 'closed', request: closed }, () => endpoint?.countClosed(closed));
  }

  /**
   * What an earlier process parked may still come back, within a whole grace: whether it waited or a follow-up of
   * it was under way when that process ended, nobody wrote.
   */
  #resume(): void {
    for (const parked of this.#settings.journal.resumed) {
      this.#chains.park(resumedExchange(parked));
    }
  }

  #close(): void {
    this.#chains.close();
    for (const endpoint of this.#endpoints) {
      endpoint.connections.close();
    }
  }
}
