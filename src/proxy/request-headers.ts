import type { IncomingHttpHeaders } from 'node:http';
import { parseTraceparent, type TraceContext, traceparent } from './trace-context.ts';

/** What the client's headers say to tripmeter itself. They are read here and go no further. */
export interface RequestNotes {
  operation: string | null;
  client: string | null;
  group: string | null;
  tags: Record<string, string> | null;
}

export interface UpstreamHeadInput {
  readonly method: string;
  readonly target: string;
  /** Name, value, …, as received. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
  /** Value of `Host` for the upstream. */
  readonly host: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: string;
  readonly clientAddress: string;
  /** Header lines to add, each with CRLF, e.g. credentials. */
  readonly extra: string;
  /** Lower-case names that must not be passed on, e.g. a client key's header. */
  readonly drop: ReadonlySet<string>;
  /** The request asks for another protocol: `Connection` and `Upgrade` go on. */
  readonly upgrade: boolean;
  /** Replaces the value of `Content-Length`, for a body that has been changed. */
  readonly contentLength: number | null;
}

/** The only `modal-*` headers that Modal's edge accepts; any other is answered with 400. */
const MODAL_HEADERS: ReadonlySet<string> = new Set([
  'modal-key',
  'modal-secret',
  'modal-session-id',
  'modal-authorization',
  'modal-routing-affinity-key',
]);
const NOTE_PREFIX = 'x-tripmeter-';
const TAG_PREFIX = 'x-tripmeter-tag-';
const NOTE_LENGTH = 128;
const TAG_COUNT = 16;

/** Reads `x-tripmeter-*`; long values are cut, so that a row stays small. */
export function requestNotes(rawHeaders: readonly string[]): RequestNotes {
  const notes: RequestNotes = { operation: null, client: null, group: null, tags: null };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // Both letters of the prefix first: most headers end here.
    if ((name.charCodeAt(0) | 0x20) !== 0x78 || (name.charCodeAt(2) | 0x20) !== 0x74) {
      continue;
    }
    readNote(notes, name.toLowerCase(), (rawHeaders[index + 1] ?? '').slice(0, NOTE_LENGTH));
  }
  return notes;
}

function readNote(notes: RequestNotes, name: string, value: string): void {
  if (name === 'x-tripmeter-operation') {
    notes.operation = value;
  } else if (name === 'x-tripmeter-client') {
    notes.client = value;
  } else if (name === 'x-tripmeter-group') {
    notes.group = value;
  } else if (name.startsWith(TAG_PREFIX) && name.length > TAG_PREFIX.length) {
    notes.tags ??= {};
    if (Object.keys(notes.tags).length < TAG_COUNT) {
      notes.tags[name.slice(TAG_PREFIX.length, TAG_PREFIX.length + NOTE_LENGTH)] = value;
    }
  }
}

export function incomingTrace(headers: IncomingHttpHeaders): TraceContext | null {
  const value = headers.traceparent;
  return typeof value === 'string' ? parseTraceparent(value) : null;
}

/**
 * Request line and header section for the upstream: the client's own, in its order and case, except the
 * hop-by-hop ones (RFC 9110, section 7.6.1), `Host`, the trace and what is ours.
 */
export function upstreamHead(input: UpstreamHeadInput): string {
  const { rawHeaders } = input;
  const nominated = nominatedBy(input.headers.connection);
  const seen = { host: false, trace: false, forwardedFor: false };
  let head = `${input.method} ${input.target} HTTP/1.1\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const lower = name.toLowerCase();
    // A header that the client calls hop-by-hop ends here; what we add under its name goes on.
    if (nominated?.has(lower)) continue;
    const value = headerValue(lower, rawHeaders[index + 1] ?? '', input, seen);
    if (value !== null) {
      head += `${name}: ${value}\r\n`;
    }
  }
  if (!seen.host) {
    head += `Host: ${input.host}\r\n`;
  }
  if (!seen.forwardedFor) {
    head += `X-Forwarded-For: ${input.clientAddress}\r\n`;
  }
  if (!seen.trace) {
    head += `traceparent: ${traceparent(input.traceId, input.spanId, input.traceFlags)}\r\n`;
  }
  return `${head}${input.extra}\r\n`;
}

function headerValue(
  name: string,
  value: string,
  input: UpstreamHeadInput,
  seen: { host: boolean; trace: boolean; forwardedFor: boolean },
): string | null {
  switch (name) {
    case 'host':
      return once(seen, 'host', input.host);
    case 'traceparent':
      return once(seen, 'trace', traceparent(input.traceId, input.spanId, input.traceFlags));
    case 'x-forwarded-for':
      return once(
        seen,
        'forwardedFor',
        `${input.headers['x-forwarded-for'] ?? value}, ${input.clientAddress}`,
      );
    case 'transfer-encoding':
      return input.drop.has(name) ? null : 'chunked';
    case 'content-length':
      return contentLengthValue(value, input);
    case 'connection':
      return connectionValue(input);
    case 'te':
      return /\btrailers\b/i.test(value) ? 'trailers' : null;
    case 'upgrade':
      return input.upgrade ? value : null;
    case 'keep-alive':
    case 'proxy-connection':
    case 'proxy-authorization':
      return null;
    default:
      return isRemoved(name, input.drop) ? null : value;
  }
}

function contentLengthValue(value: string, input: UpstreamHeadInput): string | null {
  if (input.drop.has('content-length')) {
    return null;
  }
  return input.contentLength === null ? value : String(input.contentLength);
}

function connectionValue({ upgrade, headers }: UpstreamHeadInput): string | null {
  if (upgrade) {
    return 'Upgrade';
  }
  return /\btrailers\b/i.test(String(headers.te)) ? 'TE' : null;
}

function isRemoved(name: string, drop: ReadonlySet<string>): boolean {
  if (name.charCodeAt(0) === 0x78) {
    return name.startsWith(NOTE_PREFIX) || drop.has(name);
  }
  if (name.charCodeAt(0) === 0x6d && name.startsWith('modal-')) {
    return !MODAL_HEADERS.has(name) || drop.has(name);
  }
  return drop.size > 0 && drop.has(name);
}

function once<Key extends string>(seen: Record<Key, boolean>, key: Key, value: string) {
  if (seen[key]) {
    return null;
  }
  seen[key] = true;
  return value;
}

// A client must not be able to have framing or routing removed by naming it in `Connection`.
const NEVER_NOMINATED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
]);

function nominatedBy(connection: string | undefined): ReadonlySet<string> | null {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') {
    return null;
  }
  const names = connection.toLowerCase().split(/[\t ,]+/);
  return new Set(names.filter((name) => name !== '' && !NEVER_NOMINATED.has(name)));
}

const BODY_HEADERS = [
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'transfer-encoding',
  'expect',
  'trailer',
];

/** Head of the GET that goes on with a call after a 303: the same request without what described its body. */
export function followUpHead(input: UpstreamHeadInput, target: string): string {
  const drop = new Set([...input.drop, ...BODY_HEADERS]);
  return upstreamHead({ ...input, method: 'GET', target, drop, contentLength: null });
}
