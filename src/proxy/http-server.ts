import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { NO_SCHEMAS } from '../runtime/no-schemas.ts';
import { ClientResponse } from './client-response.ts';
import {
  malformedRequest,
  type Problem,
  problemBody,
  rawProblem,
  unknownEndpoint,
} from './problem.ts';
import type { ProxyLimits } from './proxy-settings.ts';
import { requestProblem } from './request-validity.ts';

/** What the server does with what arrives. */
export interface ServerEvents {
  /** @returns false when the request is for no endpoint: the server answers it itself. */
  onRequest(request: IncomingMessage, response: ServerResponse): boolean;
  /** A request that node's parser took and that is refused all the same; it is answered. */
  onInvalid(): void;
  onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** A request for a tunnel that is refused as `onInvalid` would be; the bare socket is for the receiver to answer. */
  onInvalidUpgrade(socket: Socket, problem: Problem): void;
  /** A request for a forward proxy: the bare socket is for the receiver to answer and close. */
  onConnect(socket: Socket): void;
  /**
   * Bytes that are not HTTP/1.1.
   * @returns true when a request that was under way has taken care of the answer.
   */
  onMalformed(socket: Socket, problem: Problem): boolean;
}

/**
 * The HTTP server. Requests for an endpoint are taken off before fastify's router, which would decode their
 * URL and look at their body; fastify keeps the server's life cycle and answers what is for nobody.
 */
export function createHttpServer(
  limits: ProxyLimits,
  endpoints: readonly string[],
  events: ServerEvents,
): FastifyInstance {
  const app = fastify({
    logger: false,
    schemaController: NO_SCHEMAS,
    return503OnClosing: false,
    forceCloseConnections: false,
    rewriteUrl: () => '/',
    serverFactory: (routed) => createNodeServer(limits, events, routed as Listener),
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) =>
      answerMalformed(error, socket, events),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.setNotFoundHandler((_request, reply) => {
    const problem = unknownEndpoint(endpoints);
    const body = { ...JSON.parse(problemBody(problem, null)), endpoints };
    return reply.code(404).type('application/problem+json').send(JSON.stringify(body));
  });
  return app;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

function createNodeServer(limits: ProxyLimits, events: ServerEvents, routed: Listener): Server {
  const { headersTimeoutMs, requestTimeoutMs } = limits;
  const accept: Listener = (request, response) => {
    const problem = requestProblem(request);
    if (problem !== null) {
      events.onInvalid();
      new ClientResponse(response, () => true, false).problem(problem, null);
    } else if (!events.onRequest(request, response)) {
      routed(request, response);
    }
  };
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout:
        requestTimeoutMs === 0 ? headersTimeoutMs : Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.max(100, Math.min(5_000, headersTimeoutMs / 4)),
      noDelay: true,
      // `requestProblem` asks for it: node would refuse without a word, and uncounted.
      requireHostHeader: false,
      shouldUpgradeCallback: isTunnel,
    },
    accept,
  );
  // Bytes are what a head is limited by: a count of its own would refuse what the upstream takes.
  server.maxHeadersCount = 0;
  if (limits.maxConnections > 0) {
    server.maxConnections = limits.maxConnections;
  }
  // The upstream decides what to do with an expectation, 100-continue or other.
  server.on('checkContinue', accept);
  server.on('checkExpectation', accept);
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const problem = requestProblem(request);
    if (problem === null) {
      events.onUpgrade(request, socket, head);
    } else {
      events.onInvalidUpgrade(socket, problem);
    }
  });
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    if (isAnswering(socket)) {
      socket.destroy();
    } else {
      events.onConnect(socket);
    }
  });
  return server;
}

/**
 * An upgrade to h2c would carry requests past the meter, one with a body has its framing in doubt, and the tunnel
 * of one that was pipelined would overtake the answers before it: all of them go on as plain requests, which
 * RFC 9110, section 7.8, allows.
 */
function isTunnel({ headers, socket }: IncomingMessage): boolean {
  if (isAnswering(socket)) {
    return false;
  }
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return !hasBody && !/\bh2c?\b/i.test(headers.upgrade ?? '');
}

/** An earlier request of this connection has not been answered to its end. node keeps its response there. */
function isAnswering(socket: Socket & { readonly _httpMessage?: unknown }): boolean {
  return (socket._httpMessage ?? null) !== null;
}

function answerMalformed(error: NodeJS.ErrnoException, socket: Socket, events: ServerEvents): void {
  // The client closed its side in the middle of a message: it left, and said nothing malformed.
  const left = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
  if (left || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = malformedRequest(error);
  if (!events.onMalformed(socket, problem)) {
    socket.end(rawProblem(problem, problem.title), () => socket.destroy());
  }
}
