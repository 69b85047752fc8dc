import type { HttpMessage } from '../wire/http-message.ts';
import { headerOf } from '../wire/http-message.ts';
import type { ClientView } from '../wire/wire-client.ts';

/**
 * Every difference between a direct call and a call through the proxy, in one place. A header that is
 * named here is compared nowhere else; everything else is compared byte for byte. Of the start line: several blanks
 * between method and target become one, a request goes on as HTTP/1.1 whatever version it came with (RFC 9110, 6.2),
 * and a status line gets the space before its reason that RFC 9112 asks for.
 */
const REQUEST_DIFFERENCES: Readonly<Record<string, string>> = {
  host: 'names the upstream, as Modal chooses the function by it',
  'x-forwarded-for': 'the client address is appended',
  traceparent: 'names the span of the proxy; the trace id is that of the caller',
  connection: 'hop-by-hop: belongs to one connection (RFC 9110, 7.6.1)',
  'keep-alive': 'hop-by-hop',
  'proxy-connection': 'hop-by-hop',
  te: 'hop-by-hop; `trailers` is announced by the proxy itself if at all',
};

const RESPONSE_DIFFERENCES: Readonly<Record<string, string>> = {
  'x-tripmeter-request-id': 'added',
  'server-timing': 'one `tripmeter;dur=` entry is added after those of the upstream',
  connection: 'hop-by-hop',
  'keep-alive': 'hop-by-hop',
};

/** A message for comparison: text where it can be read, so that a difference can be too. */
interface Comparable {
  readonly startLine: string;
  readonly headers: readonly string[];
  readonly framing: string;
  readonly body: string;
  readonly trailers: readonly string[];
  readonly complete: boolean;
}

/** A request as the upstream saw it, without the documented differences. */
export function comparableRequest(message: HttpMessage): Comparable {
  return comparable(message, REQUEST_DIFFERENCES);
}

/** A client's view, without the documented differences. */
export function comparableView(view: ClientView): object {
  return {
    responses: view.responses.map((message) => ({
      ...comparable(message, RESPONSE_DIFFERENCES),
      serverTiming: upstreamTimings(message),
    })),
    rest: view.rest.toString('latin1'),
    closed: view.closed,
  };
}

function comparable(
  message: HttpMessage,
  differences: Readonly<Record<string, string>>,
): Comparable {
  return {
    startLine: message.startLine.replace(/ HTTP\/1\.[01]$/, ' HTTP/1.1').trimEnd(),
    headers: message.headers
      .filter(([name]) => !(name.toLowerCase() in differences))
      .map(([name, value]) => `${name}: ${value}`),
    framing: message.framing,
    body: message.body.toString('latin1'),
    trailers: message.trailers.map(([name, value]) => `${name}: ${value}`),
    complete: message.complete,
  };
}

function upstreamTimings(message: HttpMessage): readonly string[] {
  return message.headers
    .filter(([name]) => name.toLowerCase() === 'server-timing')
    .map(([, value]) => value.replace(/,?\s*tripmeter;[^,]*/g, ''))
    .filter((value) => value !== '');
}

/** Whether the proxy's own headers are on a final response. */
export function carriesOwnHeaders(message: HttpMessage): boolean {
  return headerOf(message, 'x-tripmeter-request-id') !== null;
}
