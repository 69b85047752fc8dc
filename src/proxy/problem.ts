import type { ErrorClass } from '../core/outcome.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

/** An error that tripmeter itself answers: what is wrong, and how to fix it (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly cause: string;
  readonly fix: string;
  readonly errorClass: ErrorClass | null;
  /** Further header fields, e.g. `Retry-After`. */
  readonly headers?: readonly string[];
}

export function problemBody(problem: Problem, requestId: string | null): string {
  return JSON.stringify({
    type: 'about:blank',
    title: problem.title,
    status: problem.status,
    detail: `${problem.cause}. ${problem.fix}`,
    source: 'tripmeter',
    cause: problem.cause,
    fix: problem.fix,
    ...(problem.errorClass === null ? {} : { errorClass: problem.errorClass }),
    ...(requestId === null ? {} : { requestId }),
  });
}

/**
 * Name, value, …: headers of a problem response.
 * @param requestId names the record of the refused request; `null`: there is none, or headers are not to tell it.
 */
export function problemHeaders(problem: Problem, body: string, requestId: string | null): string[] {
  return [
    'Content-Type',
    'application/problem+json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...(problem.headers ?? []),
    ...(requestId === null ? [] : ['x-tripmeter-request-id', requestId]),
  ];
}

/** The whole response as bytes, for a socket whose request could not be parsed. */
export function rawProblem(problem: Problem, reason: string): string {
  const body = problemBody(problem, null);
  const headers = [...problemHeaders(problem, body, null), 'Connection', 'close'];
  let head = `HTTP/1.1 ${problem.status} ${reason}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  }
  return `${head}\r\n${body}`;
}

export function failureProblem(failure: UpstreamFailure): Problem {
  const { status, cause, fix, errorClass } = failure;
  const title = status === 504 ? 'Gateway Timeout' : 'Bad Gateway';
  return { status, title, cause, fix, errorClass };
}

export function journalUnavailable(error: Error): Problem {
  return {
    status: 503,
    title: 'Service Unavailable',
    cause: `the request cannot be recorded (${error.message}), and the journal is set to refuse`,
    fix: 'Make room or repair the disk of the journal, or set journal.onFailure to forward.',
    errorClass: 'journal_unavailable',
    headers: ['Retry-After', '5'],
  };
}

export function bodyTooLong(limit: number): Problem {
  return {
    status: 413,
    title: 'Content Too Large',
    cause: `the body is longer than the ${limit} bytes that can be held to be signed, changed or repeated`,
    fix: "Switch off the endpoint's signBody, includeUsage and retryCold503 for such requests.",
    errorClass: 'bad_request',
  };
}

export function noRoomForBody(): Problem {
  return {
    status: 503,
    title: 'Service Unavailable',
    cause:
      'the bodies that are held to be signed, changed or repeated take all the memory there is for them',
    fix: "Try again later, or switch off the endpoint's signBody, includeUsage and retryCold503 for such requests.",
    errorClass: 'queue_full',
    headers: ['Retry-After', '1'],
  };
}

export function queueFull(endpoint: string, waiting: number): Problem {
  return {
    status: 503,
    title: 'Service Unavailable',
    cause: `endpoint ${endpoint} has all its connections in use and ${waiting} requests waiting`,
    fix: "Try again later, or raise the endpoint's connections or queueLimit.",
    errorClass: 'queue_full',
    headers: ['Retry-After', '1'],
  };
}

export function unknownEndpoint(endpoints: readonly string[]): Problem {
  const [first = 'endpoint'] = endpoints;
  return {
    status: 404,
    title: 'Not Found',
    cause: 'the first path segment names no configured endpoint and no configured upstream host',
    fix: `Call /{endpoint}/…, for example /${first}/. Configured: ${endpoints.join(', ')}.`,
    errorClass: null,
  };
}

/** @param error of node's parser, or of one of its timeouts. */
export function malformedRequest(
  error: NodeJS.ErrnoException & { readonly rawPacket?: Uint8Array },
): Problem {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return {
      status: 431,
      title: 'Request Header Fields Too Large',
      cause: 'the request head is longer than this tripmeter accepts',
      fix: 'Send fewer or shorter headers, or raise proxy.maxHeader.',
      errorClass: 'bad_request',
    };
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return {
      status: 408,
      title: 'Request Timeout',
      cause: 'the request was not sent within the time allowed',
      fix: 'Send it faster, or raise proxy.headersTimeout or proxy.requestTimeout.',
      errorClass: 'bad_request',
    };
  }
  const protocol = otherProtocol(error);
  if (protocol !== null) {
    return {
      status: 400,
      title: 'Bad Request',
      cause: `the client speaks ${protocol}, and this port speaks HTTP/1.1 without TLS`,
      fix: 'Use an http:// URL and HTTP/1.1; for TLS put a front before tripmeter.',
      errorClass: 'bad_request',
    };
  }
  return {
    status: 400,
    title: 'Bad Request',
    cause: `the request is not valid HTTP/1.1 (${error.message.replace(/^Parse Error: /, '')})`,
    fix: 'Malformed or ambiguous framing is refused, never repaired: correct it in the client.',
    errorClass: 'bad_request',
  };
}

/** First byte of a TLS record that begins a handshake (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 0x16;

function otherProtocol({
  code,
  rawPacket,
}: Parameters<typeof malformedRequest>[0]): 'HTTP/2' | 'TLS' | null {
  if (code === 'HPE_PAUSED_H2_UPGRADE') return 'HTTP/2';
  return rawPacket?.[0] === TLS_HANDSHAKE ? 'TLS' : null;
}
