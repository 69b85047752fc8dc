import type { UpstreamScripts } from '../wire/recording-upstream.ts';
import type { ClientScript } from '../wire/wire-client.ts';
import type { WireStep } from '../wire/wire-script.ts';

/**
 * What a case asks of the proxy:
 * - `same`: client and upstream see what they see without the proxy, but for the documented differences;
 * - `refused`: the client gets this status and the connection closes; upstream sees no whole request;
 * - `hung-up`: the client is taken to have left; it gets nothing, and upstream's connection closes;
 * - `bad-gateway`: upstream broke the protocol; the client gets 502;
 * - `cut`: the same behind the head; the client sees the cut, or 502 when the head was not out yet.
 */
export type Expectation =
  | 'same'
  | { readonly refused: number | readonly number[] }
  | 'hung-up'
  | 'bad-gateway'
  | 'cut';

export interface TransparencyCase {
  readonly name: string;
  readonly client: ClientScript;
  readonly upstream: UpstreamScripts;
  readonly expect: Expectation;
  /** Response statuses of the direct call, so that a case cannot pass by failing twice. */
  readonly statuses?: readonly number[];
}

/** A family of cases: one file, one export of this shape. */
export type TransparencyFamily = readonly TransparencyCase[];

interface CaseOptions {
  readonly upstream?: UpstreamScripts | readonly WireStep[];
  readonly methods?: readonly string[];
  readonly untilClose?: boolean;
  readonly statuses?: readonly number[];
}

/** A case whose client sends these steps, and which must look the same through the proxy. */
export function same(
  name: string,
  steps: readonly WireStep[],
  options: CaseOptions = {},
): TransparencyCase {
  return { ...base(name, steps, options), expect: 'same', statuses: options.statuses ?? [200] };
}

/** A request that no intermediary may pass on. */
export function refused(
  name: string,
  steps: readonly WireStep[],
  status: number | readonly number[] = 400,
): TransparencyCase {
  return { ...base(name, steps, { untilClose: true }), expect: { refused: status } };
}

/** A client that is gone, or looks so. */
export function hungUp(
  name: string,
  steps: readonly WireStep[],
  upstream: readonly WireStep[],
): TransparencyCase {
  return { ...base(name, steps, { upstream, untilClose: true }), expect: 'hung-up' };
}

/** A broken response before its head is out. */
export function badGateway(name: string, upstream: readonly WireStep[]): TransparencyCase {
  return { ...base(name, [GET], { upstream: ['await-body', ...upstream] }), expect: 'bad-gateway' };
}

/** A response that breaks after its head: the client must see a cut, never a clean end. */
export function cut(name: string, upstream: readonly WireStep[]): TransparencyCase {
  const options = { upstream: ['await-body', ...upstream] as const, untilClose: true };
  return { ...base(name, [GET], options), expect: 'cut' };
}

function base(
  name: string,
  steps: readonly WireStep[],
  options: CaseOptions,
): Omit<TransparencyCase, 'expect'> {
  const { upstream } = options;
  return {
    name,
    client: {
      steps,
      methods: options.methods ?? ['GET'],
      ...(options.untilClose === undefined ? {} : { untilClose: options.untilClose }),
    },
    upstream: upstream === undefined ? {} : isSteps(upstream) ? { '*': upstream } : upstream,
  };
}

function isSteps(upstream: UpstreamScripts | readonly WireStep[]): upstream is readonly WireStep[] {
  return Array.isArray(upstream);
}

const GET = 'GET / HTTP/1.1\r\nHost: h.example\r\n\r\n';

/** A request head and body on the wire; `Host` is there unless given. */
export function request(requestLine: string, headers: readonly string[] = [], body = ''): string {
  const line = requestLine.includes(' HTTP/') ? requestLine : `${requestLine} HTTP/1.1`;
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : ['Host: h.example'];
  return `${[line, ...host, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

/** A response with its length. */
export function response(statusLine: string, headers: readonly string[] = [], body = ''): string {
  const length = Buffer.byteLength(body, 'latin1');
  return `HTTP/1.1 ${statusLine}\r\n${[...headers, `Content-Length: ${length}`].join('\r\n')}\r\n\r\n${body}`;
}

/** Reads the request, then answers. */
export const answer = (...steps: readonly WireStep[]): readonly WireStep[] => [
  'await-body',
  ...steps,
];
