import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { z } from 'zod';
import type { Log } from '../ports/log.ts';
import { NO_SCHEMAS } from '../runtime/no-schemas.ts';
import { type AdminAccess, accessProblem } from './admin-access.ts';
import { openApiDocument } from './open-api.ts';
import { issuesText, PROBLEM_TYPE, problemText } from './problem.ts';
import { type Route, type RouteReply, route } from './route.ts';

export interface AdminServerSettings {
  readonly listen: { readonly host: string; readonly port: number };
  readonly version: string;
  readonly routes: readonly Route[];
  readonly log: Log;
  readonly access: AdminAccess;
  /** Largest body that a POST may carry (pushed telemetry), in bytes. */
  readonly bodyLimitBytes: number;
}

export interface AdminServer {
  /** @throws Error with `code` `EADDRINUSE` when the port is taken. */
  listen(): Promise<{ host: string; port: number }>;
  close(): Promise<void>;
}

/** The most that a push of telemetry may carry. */
export const TELEMETRY_BYTES = 4 * 1_024 ** 2;

/** The admin port: pages, API, health and metrics. On the proxy's thread there is health and metrics alone. */
export function createAdminServer(settings: AdminServerSettings): AdminServer {
  const server = fastify({
    bodyLimit: settings.bodyLimitBytes,
    forceCloseConnections: true,
    schemaController: NO_SCHEMAS,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  server.addHook('onRequest', async (request, reply) => {
    const [path = ''] = request.url.split('?');
    const problem = accessProblem(settings.access, path, request.headers);
    if (problem === null) return;
    if (problem.status === 401) void reply.header('www-authenticate', 'Basic realm="tripmeter"');
    await sendProblem(reply, problem.status, problem.detail);
  });
  const routes = [...settings.routes, openApiRoute(settings)];
  for (const each of routes) register(server, each);
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) settings.log.error({ err: error, url: request.url }, 'admin request failed');
    void sendProblem(reply, status, status >= 500 ? 'internal error' : error.message);
  });
  server.setNotFoundHandler((_request, reply) => {
    const known = routes.map((each) => `${each.method} ${each.path}`).join(', ');
    void sendProblem(reply, 404, `no such path; this server answers ${known}`);
  });
  return {
    listen: async () => {
      await server.listen({ ...settings.listen });
      const address = server.server.address();
      const port =
        typeof address === 'object' && address !== null ? address.port : settings.listen.port;
      return { host: settings.listen.host, port };
    },
    close: () => server.close(),
  };
}

function openApiRoute(settings: AdminServerSettings): Route {
  return route({
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'This description.',
    query: z.strictObject({}),
    response: z.object({}),
    handle: async () => ({ json: openApiDocument(settings.routes, settings.version) }),
  });
}

function register(server: FastifyInstance, each: Route): void {
  server.route({
    method: each.method,
    url: each.path,
    handler: async (request, reply) => {
      const query = each.query.safeParse(request.query, { reportInput: true });
      if (!query.success) return sendProblem(reply, 400, issuesText(query.error));
      const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const body = readBody(each, request.headers['content-type'], bytes);
      if ('detail' in body) return sendProblem(reply, body.status, body.detail);
      const result = await each.handle(query.data, {
        params: request.params as Record<string, string>,
        headers: request.headers,
        body: bytes,
        json: body.json,
      });
      return send(reply, result);
    },
  });
}

type ReadBody = { readonly json: unknown } | { readonly status: number; readonly detail: string };

/** JSON must say that it is: a page of another site cannot send that type without being asked first. */
function readBody({ body }: Route, type: string | undefined, bytes: Buffer): ReadBody {
  if (body === undefined) return { json: null };
  if (!/^application\/json\b/i.test(type ?? '')) {
    return { status: 415, detail: 'send JSON with content-type: application/json' };
  }
  let written: unknown;
  try {
    written = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { status: 400, detail: 'the body is no JSON' };
  }
  const read = body.safeParse(written, { reportInput: true });
  return read.success ? { json: read.data } : { status: 400, detail: issuesText(read.error) };
}

/** A page loads nothing and runs nothing, whatever text of a request is in it. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

function send(reply: FastifyReply, result: RouteReply): unknown {
  void reply.code(result.status ?? 200).header('cache-control', 'no-store');
  if ('json' in result) return reply.send(result.json);
  if (result.contentType.startsWith('text/html')) void reply.headers(PAGE_HEADERS);
  return reply.type(result.contentType).send(result.body);
}

function sendProblem(reply: FastifyReply, status: number, detail: string): unknown {
  return reply.code(status).type(PROBLEM_TYPE).send(problemText(status, detail));
}
