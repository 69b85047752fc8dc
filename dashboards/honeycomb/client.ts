import type { z } from 'zod';
import { HoneycombError } from './honeycomb-error.ts';
import { errorWire } from './wire.ts';

export interface HoneycombClientSettings {
  /** `https://api.honeycomb.io`, or the EU's. */
  readonly apiUrl: string;
  /** Configuration key: an ingest key may not manage anything. */
  readonly key: string;
  readonly fetch: typeof globalThis.fetch;
  readonly sleep: (ms: number) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds since 1970, for a `Retry-After` that is a date. */
  readonly now: () => number;
}

/** Calls of Honeycomb's management API, v1, with its rate limits kept to. */
export interface HoneycombClient {
  /** @throws HoneycombError when the answer is no success, or not what `schema` reads. */
  get<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>>;
  post<T extends z.ZodType>(path: string, body: object, schema: T): Promise<z.output<T>>;
  put<T extends z.ZodType>(path: string, body: object, schema: T): Promise<z.output<T>>;
  /** One that is gone already is a success. */
  delete(path: string): Promise<void>;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

const TIMEOUT_MS = 30_000;
/** A minute's window of limits, and an apply of a hundred calls: a few waits are normal. */
const RATE_LIMITED_TRIES = 30;
const FAILED_TRIES = 5;

export function createHoneycombClient(settings: HoneycombClientSettings): HoneycombClient {
  const call = (each: Call) => send(settings, each);
  const read = async <T extends z.ZodType>(each: Call, schema: T) =>
    parse(each, await call(each), schema);
  return {
    get: (path, schema) => read({ method: 'GET', path }, schema),
    post: (path, body, schema) => read({ method: 'POST', path, body }, schema),
    put: (path, body, schema) => read({ method: 'PUT', path, body }, schema),
    delete: async (path) => {
      try {
        await call({ method: 'DELETE', path });
      } catch (error) {
        if (!(error instanceof HoneycombError) || error.status !== 404) throw error;
      }
    },
  };
}

/**
 * A POST that failed without an answer is repeated like the others: should it have made something after
 * all, the next plan finds the double and deletes it.
 */
async function send(settings: HoneycombClientSettings, call: Call): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const result = await once(settings, call);
    if (typeof result === 'string') return result;
    const { error, waitMs } = result;
    const tries = error.status === 429 ? RATE_LIMITED_TRIES : FAILED_TRIES;
    const again = error.status === 0 || error.status === 429 || error.status >= 500;
    if (!again || attempt >= tries) throw error;
    const backoff = Math.min(30_000, 500 * 2 ** attempt);
    await settings.sleep(Math.round((waitMs ?? backoff) * (1 + settings.random() / 4)));
  }
}

interface Failure {
  readonly error: HoneycombError;
  readonly waitMs: number | null;
}

async function once(settings: HoneycombClientSettings, call: Call): Promise<string | Failure> {
  const name = `${call.method} ${call.path}`;
  try {
    const response = await settings.fetch(settings.apiUrl + call.path, {
      method: call.method,
      headers: {
        'x-honeycomb-team': settings.key,
        accept: 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.ok) return text;
    const error = new HoneycombError(name, response.status, errorText(text));
    return { error, waitMs: waitAsked(response.headers, settings.now()) };
  } catch (error) {
    const reason = error instanceof Error ? causeText(error) : String(error);
    return { error: new HoneycombError(name, 0, reason, { cause: error }), waitMs: null };
  }
}

/** `RateLimit: limit=100, remaining=0, reset=12`, or `Retry-After` as a date or in seconds. */
export function waitAsked(headers: Headers, now: number): number | null {
  const reset = /(?:^|[,;\s])reset=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  if (reset !== undefined) return Number(reset) * 1_000;
  const after = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(after)) return Number(after) * 1_000;
  const at = Date.parse(after);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function parse<T extends z.ZodType>(call: Call, text: string, schema: T): z.output<T> {
  const name = `${call.method} ${call.path}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new HoneycombError(name, 0, 'the answer is not JSON', { cause: error });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw new HoneycombError(
    name,
    0,
    `the answer is not understood at "${where}": ${issue?.message}`,
  );
}

function errorText(text: string): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return text.slice(0, 300) || 'no reason given';
  }
  const result = errorWire.safeParse(json);
  if (!result.success) return text.slice(0, 300);
  const { error, detail, title, type_detail = [] } = result.data;
  const fields = type_detail.map(
    ({ field, description }) => `${field ?? '?'}: ${description ?? ''}`,
  );
  return [error ?? detail ?? title ?? 'no reason given', ...fields].join('; ');
}

function causeText(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
