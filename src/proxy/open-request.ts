import type { IncomingHttpHeaders } from 'node:http';
import { clientSpanIdOf, traceIdOf } from '../core/ids.ts';
import type { OpenedRequest } from '../core/request-record.ts';
import type { EpochMicros } from '../core/units.ts';
import type { EndpointRuntime } from './endpoint-runtime.ts';
import type { ProxySettings } from './proxy-settings.ts';
import { incomingTrace, type RequestNotes, type UpstreamHeadInput } from './request-headers.ts';
import { routeOf } from './route-template.ts';

const PATH_LENGTH = 512;
const NO_NAMES: ReadonlySet<string> = new Set();
const AUTHORIZATION: ReadonlySet<string> = new Set(['authorization']);

export interface AcceptedRequest {
  readonly id: string;
  readonly startedAt: EpochMicros;
  readonly endpoint: EndpointRuntime;
  readonly method: string;
  /** Path and query for the upstream. */
  readonly target: string;
  /** What of it the client's path does not have. */
  readonly base: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly notes: RequestNotes;
  readonly client: string | null;
}

/** What the journal says of a request before it goes upstream. */
export function openedRequest(
  accepted: AcceptedRequest,
  countryHeader: string | null,
): OpenedRequest {
  const { id, endpoint, target, notes, headers } = accepted;
  const trace = incomingTrace(headers);
  return {
    id,
    endpoint: endpoint.name,
    pool: poolOf(target, endpoint.settings.poolParameters),
    operation: notes.operation,
    client: accepted.client,
    group: notes.group,
    tags: notes.tags,
    method: accepted.method,
    path: routeOf(recordedPath(target, accepted.base)),
    startedAt: accepted.startedAt,
    traceId: trace?.traceId ?? traceIdOf(id),
    parentSpanId: trace?.parentSpanId ?? null,
    clientCountry: countryHeader === null ? null : countryIn(headers[countryHeader]),
  };
}

/** What is said of a request whose caller nobody knows: nothing that the caller could make up. */
export function withoutClaims(opened: OpenedRequest): OpenedRequest {
  return { ...opened, operation: null, client: null, pool: null, tags: null, path: '(other)' };
}

export interface ClientConnection {
  readonly address: string;
  /** The `Authorization` header was a client key. */
  readonly keyInAuthorization: boolean;
  readonly upgrade: boolean;
}

/** What the request's head towards the upstream is made from. */
export function upstreamHeadInput(
  accepted: AcceptedRequest,
  opened: OpenedRequest,
  connection: ClientConnection,
  settings: Pick<ProxySettings, 'via' | 'forwarded'>,
): UpstreamHeadInput {
  const { endpoint, headers } = accepted;
  return {
    method: accepted.method,
    target: accepted.target,
    rawHeaders: accepted.rawHeaders,
    headers,
    host: endpoint.origin.host,
    traceId: opened.traceId,
    spanId: clientSpanIdOf(opened.id),
    traceFlags: incomingTrace(headers)?.flags ?? '01',
    clientAddress: connection.address,
    extra: extraLines(accepted, connection, settings),
    drop: connection.keyInAuthorization ? AUTHORIZATION : NO_NAMES,
    upgrade: connection.upgrade,
    contentLength: null,
  };
}

function extraLines(
  { endpoint, headers }: AcceptedRequest,
  { address }: ClientConnection,
  { via, forwarded }: Pick<ProxySettings, 'via' | 'forwarded'>,
): string {
  let lines = via ? 'Via: 1.1 tripmeter\r\n' : '';
  if (forwarded) {
    const node = address.includes(':') ? `"[${address}]"` : address;
    lines += `Forwarded: for=${node};proto=http\r\n`;
  }
  const auth = endpoint.settings.injectModalAuth;
  if (auth !== null && headers['modal-key'] === undefined) {
    lines += `Modal-Key: ${auth.key}\r\nModal-Secret: ${auth.secret}\r\n`;
  }
  return lines;
}

/** A parametrised class has a container pool for each set of its parameters, which are in the query. */
function poolOf(target: string, parameters: readonly string[]): string | null {
  const query = target.indexOf('?');
  if (parameters.length === 0 || query < 0) {
    return null;
  }
  const pairs = target
    .slice(query + 1)
    .split('&')
    .filter((pair) => parameters.includes(pair.split('=', 1)[0] ?? ''));
  return pairs.length === 0 ? null : pairs.sort().join('&').slice(0, PATH_LENGTH);
}

function recordedPath(target: string, basePath: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return path.slice(basePath.length, basePath.length + PATH_LENGTH) || '/';
}

function countryIn(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : null;
}
