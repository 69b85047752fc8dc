import type { IncomingMessage } from 'node:http';
import type { Problem } from './problem.ts';

/**
 * What node's parser lets through although RFC 9112 calls it invalid or leaves its framing in doubt:
 * the next hop might read it otherwise than we do. `null` when the request is sound.
 */
export function requestProblem(request: IncomingMessage): Problem | null {
  const { httpVersion, headers } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return refusal(
      400,
      'Bad Request',
      `HTTP/${httpVersion} is not a version that can be passed on`,
    );
  }
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && httpVersion === '1.0') {
    return refusal(400, 'Bad Request', 'an HTTP/1.0 request carries Transfer-Encoding');
  }
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return refusal(400, 'Bad Request', 'a transfer coding other than chunked is used');
  }
  if (headers.host === undefined && httpVersion === '1.1') {
    return refusal(400, 'Bad Request', 'the request carries no Host header');
  }
  return countOf(request.rawHeaders, 'host') > 1
    ? refusal(400, 'Bad Request', 'the request carries more than one Host header')
    : null;
}

function refusal(status: number, title: string, cause: string): Problem {
  return {
    status,
    title,
    cause,
    fix: 'Malformed or ambiguous framing is refused, never repaired: correct it in the client.',
    errorClass: 'bad_request',
  };
}

function countOf(rawHeaders: readonly string[], wanted: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === wanted.length && name.toLowerCase() === wanted) {
      count += 1;
    }
  }
  return count;
}
