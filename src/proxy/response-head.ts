import { ResponseError } from './response-error.ts';

/** Status line and header fields of a final response, with the framing they ask for. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Name, value, name, value, …: order, case and repeats as received, latin1. */
  readonly headers: readonly string[];
  readonly contentLength: number | null;
  readonly chunked: boolean;
  /** Whether the upstream keeps the connection open after this response. */
  readonly keepAlive: boolean;
  /** Lower-case header names that `Connection` declares hop-by-hop, `null` when none. */
  readonly nominated: readonly string[] | null;
  /** Seconds from `Keep-Alive: timeout=…`. */
  readonly keepAliveSeconds: number | null;
}

// A control character, or a line break that is not CRLF: never passed on, never repaired.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

interface Framing {
  contentLength: number | null;
  transferEncoding: string | null;
  connection: string | null;
  keepAlive: string | null;
}

/**
 * @param text head without its last empty line: each line ends in CRLF.
 * @throws ResponseError on anything that RFC 9112 calls invalid or ambiguous.
 */
export function parseResponseHead(text: string): ResponseHead {
  if (FORBIDDEN.test(text)) {
    throw new ResponseError('its head contains control characters');
  }
  let lineEnd = text.indexOf('\r\n');
  const line = text.slice(0, lineEnd);
  if (line.includes('\n')) {
    throw new ResponseError('a header line ends in a bare line feed');
  }
  const match = STATUS_LINE.exec(line);
  if (match === null) {
    throw new ResponseError('its status line is not HTTP/1.x');
  }
  const headers: string[] = [];
  const framing: Framing = {
    contentLength: null,
    transferEncoding: null,
    connection: null,
    keepAlive: null,
  };
  for (let at = lineEnd + 2; at < text.length; at = lineEnd + 2) {
    lineEnd = text.indexOf('\r\n', at);
    readHeaderLine(text, { at, lineEnd }, headers, framing);
  }
  return withFraming(match, headers, framing);
}

function withFraming(match: RegExpExecArray, headers: string[], framing: Framing): ResponseHead {
  const { contentLength, transferEncoding } = framing;
  if (transferEncoding !== null && contentLength !== null) {
    throw new ResponseError('it carries both Content-Length and Transfer-Encoding');
  }
  if (transferEncoding !== null && transferEncoding.toLowerCase() !== 'chunked') {
    throw new ResponseError(`its transfer encoding ${JSON.stringify(transferEncoding)} is unknown`);
  }
  const options = framing.connection?.toLowerCase().split(/[\t ,]+/) ?? null;
  const http11 = match[1] === '1';
  if (transferEncoding !== null && !http11) {
    throw new ResponseError('an HTTP/1.0 response carries Transfer-Encoding');
  }
  return {
    status: Number(match[2]),
    reason: match[3] ?? '',
    headers,
    contentLength,
    chunked: transferEncoding !== null,
    keepAlive: http11 ? !options?.includes('close') : (options?.includes('keep-alive') ?? false),
    nominated: options,
    keepAliveSeconds: framing.keepAlive === null ? null : timeoutOf(framing.keepAlive),
  };
}

function readHeaderLine(
  text: string,
  line: { at: number; lineEnd: number },
  headers: string[],
  framing: Framing,
): void {
  const colon = text.indexOf(':', line.at);
  const name = colon < 0 || colon > line.lineEnd ? '' : text.slice(line.at, colon);
  if (!TOKEN.test(name)) {
    throw new ResponseError(`a header line is malformed (${JSON.stringify(name.slice(0, 40))})`);
  }
  const value = trimmed(text, colon + 1, line.lineEnd);
  if (value.includes('\n')) {
    throw new ResponseError('a header line ends in a bare line feed');
  }
  headers.push(name, value);
  switch (name.length) {
    case 10:
    case 14:
    case 17:
      readFraming(name.toLowerCase(), value, framing);
      break;
  }
}

function readFraming(name: string, value: string, framing: Framing): void {
  if (name === 'content-length') {
    const length = lengthOf(value);
    if (framing.contentLength !== null && framing.contentLength !== length) {
      throw new ResponseError('it carries two different Content-Length headers');
    }
    framing.contentLength = length;
  } else if (name === 'transfer-encoding') {
    framing.transferEncoding = joined(framing.transferEncoding, value);
  } else if (name === 'connection') {
    framing.connection = joined(framing.connection, value);
  } else if (name === 'keep-alive') {
    framing.keepAlive = value;
  }
}

function joined(before: string | null, value: string): string {
  return before === null ? value : `${before}, ${value}`;
}

function lengthOf(value: string): number {
  if (!/^\d{1,15}$/.test(value)) {
    throw new ResponseError(`its Content-Length ${JSON.stringify(value)} is not a number`);
  }
  return Number(value);
}

function timeoutOf(keepAlive: string): number | null {
  const match = /(?:^|[\s,])timeout=(\d{1,9})/i.exec(keepAlive);
  return match === null ? null : Number(match[1]);
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) {
    start += 1;
  }
  while (end > start && isBlank(text.charCodeAt(end - 1))) {
    end -= 1;
  }
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
