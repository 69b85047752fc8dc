import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { z } from 'zod';
import {
  COLLECTIONS,
  type Collection,
  type FakeHoneycombSettings,
  type HoneycombStore,
  Refusal,
  requireRules,
  type Stored,
} from './honeycomb-store.ts';
import { hasOpenApi, OPENAPI_FILE, type OpenApiCheck, openApiCheck } from './openapi-check.ts';
import { checkAnnotation, checkBoard, checkTrigger, refuseFieldInUse } from './reference-rules.ts';
import {
  annotationRules,
  boardRules,
  columnRules,
  datasetRules,
  fieldRules,
  queryRules,
  recipientRules,
  sloRules,
  triggerRules,
} from './request-rules.ts';
import { shownBoard, shownQuery } from './shown.ts';

export interface HoneycombCall {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface FakeHoneycomb {
  readonly url: string;
  /** Calls that change something, in order. */
  readonly writes: HoneycombCall[];
  /** Everything stored, by collection; tests edit it "by hand". */
  readonly store: HoneycombStore;
  readonly settings: FakeHoneycombSettings;
  close(): Promise<void>;
}

const ALL_RIGHTS = {
  events: true,
  markers: true,
  triggers: true,
  boards: true,
  queries: true,
  columns: true,
  createDatasets: true,
  slos: true,
  recipients: true,
};

/** Honeycomb's management API in memory: its rules, its ids, its defaults in answers, its refusals. */
export async function startFakeHoneycomb(): Promise<FakeHoneycomb> {
  const settings: FakeHoneycombSettings = {
    key: 'configuration-key',
    access: { ...ALL_RIGHTS },
    environment: 'production',
    plan: 'free',
    callsAWindow: null,
    failures: [],
  };
  const store = Object.fromEntries(
    COLLECTIONS.map((name) => [name, new Map<string, Stored>()]),
  ) as unknown as HoneycombStore;
  const writes: HoneycombCall[] = [];
  const check = hasOpenApi ? openApiCheck(OPENAPI_FILE) : null;
  const server = fastify();
  guard(server, settings, { writes, check });
  const context: Context = { server, store, settings, nextId: idMaker() };
  routes(context);
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url, writes, store, settings, close: () => server.close() };
}

interface Context {
  readonly server: FastifyInstance;
  readonly store: HoneycombStore;
  readonly settings: FakeHoneycombSettings;
  readonly nextId: () => string;
}

function idMaker(): () => string {
  let count = 0;
  return () => `id${(count++).toString().padStart(9, '0')}`;
}

function guard(
  server: FastifyInstance,
  settings: FakeHoneycombSettings,
  { writes, check }: { writes: HoneycombCall[]; check: OpenApiCheck | null },
): void {
  let calls = 0;
  server.addHook('preHandler', async (request, reply) => {
    const { method, body } = request;
    const [path = ''] = request.url.split('?');
    if (request.headers['x-honeycomb-team'] !== settings.key) {
      return reply.code(401).send({ error: 'unknown API key - check your credentials' });
    }
    const failure = settings.failures.shift();
    if (failure !== undefined) return reply.code(failure).send({ error: 'try again' });
    calls += 1;
    if (settings.callsAWindow !== null && calls % (settings.callsAWindow + 1) === 0) {
      return tooMany(reply, settings.callsAWindow);
    }
    const problem = check?.(method, path, body) ?? null;
    if (problem !== null) return reply.code(422).send({ error: `OpenAPI: ${problem}` });
    if (method !== 'GET') writes.push({ method, path, body });
    return undefined;
  });
  server.setErrorHandler((error: Error, _request, reply) => {
    const status = error instanceof Refusal ? error.status : 500;
    return reply.code(status).type('application/problem+json').send({
      status,
      title: 'refused',
      error: error.message,
      detail: error.message,
    });
  });
}

function tooMany(reply: FastifyReply, limit: number) {
  return reply
    .code(429)
    .header('ratelimit', `limit=${limit}, remaining=0, reset=1`)
    .header('retry-after', new Date(Date.now() + 1_000).toUTCString())
    .send({ status: 429, error: 'rate limited' });
}

function routes(context: Context): void {
  const { server, settings } = context;
  server.get('/1/auth', async () => ({
    id: 'key',
    type: 'configuration',
    api_key_access: settings.access,
    environment: { name: settings.environment, slug: settings.environment },
    team: { name: 'team', slug: 'team' },
  }));
  server.get('/1/datasets', async () => [...context.store.datasets.values()]);
  server.post('/1/datasets', async (request, reply) => {
    const { name } = requireRules(datasetRules, request.body);
    const slug = name.toLowerCase();
    const present = context.store.datasets.get(slug);
    if (present !== undefined) return present;
    const dataset = { id: slug, name, slug, description: '', expand_json_depth: 0 };
    context.store.datasets.set(slug, dataset);
    return reply.code(201).send(dataset);
  });
  collection(context, 'columns', {
    path: '/1/columns/:dataset',
    schema: columnRules,
    unique: 'key_name',
  });
  collection(context, 'fields', {
    path: '/1/derived_columns/:dataset',
    schema: fieldRules,
    unique: 'alias',
    beforeDelete: (field) => refuseFieldInUse(context, field),
  });
  collection(context, 'queries', {
    path: '/1/queries/:dataset',
    schema: queryRules,
    created: 200,
    shown: shownQuery,
  });
  collection(context, 'annotations', {
    path: '/1/query_annotations/:dataset',
    schema: annotationRules,
    check: (body, present) => checkAnnotation(context, body, present),
  });
  collection(context, 'boards', {
    path: '/1/boards',
    schema: boardRules,
    check: (body) => checkBoard(context, body),
    shown: shownBoard,
  });
  collection(context, 'triggers', {
    path: '/1/triggers/:dataset',
    schema: triggerRules,
    check: (body, present) => checkTrigger(context, body, present),
  });
  collection(context, 'recipients', {
    path: '/1/recipients',
    schema: recipientRules,
    unique: 'details',
  });
  collection(context, 'slos', {
    path: '/1/slos/:dataset',
    schema: sloRules,
    check: () => {
      if (settings.plan !== 'pro') throw new Refusal(403, 'SLOs need the Pro plan');
    },
  });
}

interface CollectionRules<T extends z.ZodType> {
  readonly path: string;
  readonly schema: T;
  readonly unique?: string;
  readonly created?: number;
  readonly check?: (body: z.output<T>, present: Stored | null) => void;
  readonly shown?: (stored: Stored) => Stored;
  readonly beforeDelete?: (stored: Stored) => void;
}

function collection<T extends z.ZodType<Record<string, unknown>>>(
  { server, store, nextId, settings }: Context,
  name: Collection,
  given: CollectionRules<T>,
): void {
  const { path, schema, unique, shown = (stored) => stored } = given;
  const items = store[name];
  const datasetOf = (request: FastifyRequest) => (request.params as { dataset?: string }).dataset;
  const inDataset = (request: FastifyRequest) => {
    const dataset = datasetOf(request);
    if (dataset !== undefined && !store.datasets.has(dataset))
      throw new Refusal(404, 'no such dataset');
    if (name === 'slos' && settings.plan !== 'pro')
      throw new Refusal(403, 'SLOs need the Pro plan');
  };
  const find = (request: FastifyRequest): Stored => {
    inDataset(request);
    const stored = items.get((request.params as { id: string }).id);
    if (stored === undefined) throw new Refusal(404, `no such ${name}`);
    return stored;
  };
  const free = (
    body: Record<string, unknown>,
    present: Stored | null,
    dataset: string | undefined,
  ) => {
    if (unique === undefined) return;
    const value = JSON.stringify(body[unique]);
    for (const each of items.values()) {
      if (each !== present && each.dataset === dataset && JSON.stringify(each[unique]) === value) {
        throw new Refusal(409, `${value} exists already`);
      }
    }
  };
  // Queries cannot be listed, changed or deleted.
  if (name !== 'queries') {
    server.get(path, async (request) => {
      inDataset(request);
      return [...items.values()].filter((each) => each.dataset === datasetOf(request)).map(shown);
    });
    server.put(`${path}/:id`, async (request) => {
      const present = find(request);
      const body = requireRules(schema, request.body);
      free(body, present, datasetOf(request));
      given.check?.(body, present);
      // What a PUT leaves out of preset_filters stays, of all else goes.
      const kept = name === 'boards' ? { preset_filters: present.preset_filters } : {};
      const stored = { ...kept, ...body, ...placed(datasetOf(request)), id: present.id };
      items.set(stored.id, stored);
      return shown(stored);
    });
    server.delete(`${path}/:id`, async (request, reply) => {
      const stored = find(request);
      given.beforeDelete?.(stored);
      items.delete(stored.id);
      return reply.code(204).send();
    });
  }
  server.post(path, async (request, reply) => {
    inDataset(request);
    const body = requireRules(schema, request.body);
    free(body, null, datasetOf(request));
    given.check?.(body, null);
    const stored = { ...body, ...placed(datasetOf(request)), id: nextId() };
    items.set(stored.id, stored);
    return reply.code(given.created ?? 201).send(shown(stored));
  });
  server.get(`${path}/:id`, async (request) => shown(find(request)));
}

function placed(dataset: string | undefined) {
  return dataset === undefined ? {} : { dataset };
}
