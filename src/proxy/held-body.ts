import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { UpstreamOptions } from './proxy-settings.ts';

/** Most bytes of a body that is held back to be signed, changed or repeated. */
export const HELD_BODY_BYTES = 64 * 1024 * 1024;

/** Longer bodies are not parsed to ask for usage: every other request would wait meanwhile. */
const PARSED_BODY_BYTES = 4 * 1024 * 1024;

/** The usage chunk can be taken out only of a stream that is not encoded. */
export const NO_ENCODING = 'Accept-Encoding: identity\r\n';

/** A complete body as it goes upstream, and what its head needs to say of it. */
export interface HeldBody {
  readonly body: Buffer;
  /** Header lines with CRLF. */
  readonly extra: string;
  /** Names that `extra` replaces. */
  readonly replaces: readonly string[];
  /** The stream will end in a usage chunk that the client did not ask for. */
  readonly usageInjected: boolean;
}

/** Whether the endpoint's options need the whole body before the first byte goes upstream. */
export function mustHold(options: UpstreamOptions): boolean {
  return options.signBody !== null || options.includeUsage || options.retryCold503 !== null;
}

/** Applies the options that change or sign a body. Any other body stays byte for byte what it was. */
export function prepareBody(
  received: Buffer,
  headers: IncomingHttpHeaders,
  options: UpstreamOptions,
): HeldBody {
  const injected = options.includeUsage ? withUsage(received, headers) : null;
  const body = injected ?? received;
  const usageInjected = injected !== null;
  const extra = usageInjected ? NO_ENCODING : '';
  const replaces = usageInjected ? ['accept-encoding'] : [];
  if (options.signBody === null) return { body, extra, replaces, usageInjected };
  const signature = createHmac('sha256', options.signBody.key).update(body).digest('base64');
  return {
    body,
    extra: `${extra}X-Signature: ${signature}\r\n`,
    replaces: [...replaces, 'x-signature'],
    usageInjected,
  };
}

/**
 * The body with `stream_options.include_usage`, `null` when it is to stay as it is: not a stream, already
 * asking, not plain JSON, very long, or signed by the client, whose signature a change would break.
 */
function withUsage(body: Buffer, headers: IncomingHttpHeaders): Buffer | null {
  const type = headers['content-type'] ?? '';
  if (!/^application\/json/i.test(type) || headers['content-encoding'] !== undefined) {
    return null;
  }
  if (headers['x-signature'] !== undefined || body.length > PARSED_BODY_BYTES) {
    return null;
  }
  const text = body.toString();
  let document: { stream?: unknown; stream_options?: { include_usage?: unknown } | null };
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  if (document?.stream !== true || document.stream_options?.include_usage !== undefined) {
    return null;
  }
  return document.stream_options === undefined ? inserted(text) : rewritten(document);
}

/** One field more at the front: every other byte of the document stays. */
function inserted(text: string): Buffer {
  const at = text.indexOf('{') + 1;
  return Buffer.from(
    `${text.slice(0, at)}"stream_options":{"include_usage":true},${text.slice(at)}`,
  );
}

function rewritten(document: { stream_options?: object | null }): Buffer {
  const streamOptions = { ...document.stream_options, include_usage: true };
  return Buffer.from(JSON.stringify({ ...document, stream_options: streamOptions }));
}
