/** How a message says where it ends. */
export type Framing = 'none' | 'length' | 'chunked' | 'until-close';

/** One HTTP/1.x message as it was on the wire: nothing lower-cased, joined or decoded but the chunks. */
export interface HttpMessage {
  readonly startLine: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly framing: Framing;
  readonly body: Buffer;
  /** Chunk lines with their extensions, the last one included. */
  readonly chunkLines: readonly string[];
  readonly trailers: readonly (readonly [string, string])[];
  /** False: the connection ended before the message did. */
  readonly complete: boolean;
}

export interface ParseOptions {
  readonly kind: 'request' | 'response';
  /** Of the request that a response answers. */
  readonly method?: string;
  /** The peer has closed: what is there is all there will be. */
  readonly closed: boolean;
}

interface Parsed {
  readonly message: HttpMessage;
  /** Bytes that belong to the message. */
  readonly length: number;
}

/** Value of the first header of that name, in any case. */
export function headerOf(message: Pick<HttpMessage, 'headers'>, name: string): string | null {
  const found = message.headers.find(([key]) => key.toLowerCase() === name);
  return found?.[1] ?? null;
}

export function targetOf(message: HttpMessage): string {
  return message.startLine.split(' ')[1] ?? '';
}

export function statusOf(message: HttpMessage): number {
  return Number(message.startLine.split(' ')[1]);
}

/** The head at the front of the bytes, or `null` while it is incomplete. */
export function parseHead(
  bytes: Buffer,
): (Pick<HttpMessage, 'startLine' | 'headers'> & { readonly length: number }) | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  return { startLine, headers: lines.map(field), length: end + 4 };
}

/** The first message of the bytes, or `null` while more is to come. */
export function parseMessage(bytes: Buffer, options: ParseOptions): Parsed | null {
  const head = parseHead(bytes);
  if (head === null) return null;
  const rest = bytes.subarray(head.length);
  const framing = framingOf(head, options);
  const content = contentOf(rest, framing, Number(headerOf(head, 'content-length')));
  const complete = framing === 'until-close' ? options.closed : content.complete;
  if (!complete && !options.closed) return null;
  const { startLine, headers } = head;
  const { body, chunkLines, trailers } = content;
  return {
    message: { startLine, headers, framing, body, chunkLines, trailers, complete },
    length: head.length + content.length,
  };
}

function framingOf(
  head: Pick<HttpMessage, 'startLine' | 'headers'>,
  { kind, method }: ParseOptions,
): Framing {
  const chunked = headerOf(head, 'transfer-encoding')?.toLowerCase() === 'chunked';
  const length = headerOf(head, 'content-length') !== null;
  if (kind === 'response') {
    const status = Number(head.startLine.split(' ')[1]);
    const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
    if (bodiless) return 'none';
    if (!chunked && !length) return 'until-close';
  }
  if (chunked) return 'chunked';
  return length ? 'length' : 'none';
}

interface Content {
  readonly body: Buffer;
  readonly chunkLines: readonly string[];
  readonly trailers: readonly (readonly [string, string])[];
  readonly length: number;
  readonly complete: boolean;
}

function contentOf(rest: Buffer, framing: Framing, length: number): Content {
  switch (framing) {
    case 'none':
      return { ...plain(Buffer.alloc(0)), complete: true };
    case 'length': {
      const body = rest.subarray(0, length);
      return { ...plain(body), complete: body.length === length };
    }
    case 'until-close':
      return plain(rest);
    case 'chunked':
      return chunkedContent(rest);
  }
}

const plain = (body: Buffer): Content => ({
  body,
  chunkLines: [],
  trailers: [],
  length: body.length,
  complete: false,
});

function chunkedContent(rest: Buffer): Content {
  const chunks: Buffer[] = [];
  const chunkLines: string[] = [];
  let at = 0;
  const content = (length: number, complete: boolean) => ({
    body: Buffer.concat(chunks),
    chunkLines,
    trailers: [],
    length,
    complete,
  });
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return content(rest.length, false);
    const line = rest.toString('latin1', at, lineEnd);
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    chunkLines.push(line);
    if (size === 0) break;
    if (!(rest.length >= at + size + 2)) {
      chunks.push(rest.subarray(at));
      return content(rest.length, false);
    }
    chunks.push(rest.subarray(at, at + size));
    at += size + 2;
  }
  if (rest.subarray(at, at + 2).toString() === '\r\n') return content(at + 2, true);
  const end = rest.indexOf('\r\n\r\n', at);
  if (end < 0) return content(rest.length, false);
  const trailers = rest.toString('latin1', at, end).split('\r\n').map(field);
  return { ...content(end + 4, true), trailers };
}

function field(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
