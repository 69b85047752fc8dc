import type { Clock } from '../ports/clock.ts';
import { type Delivery, failedDelivery } from './delivery.ts';
import { parseRetryAfter } from './retry-after.ts';

export type Fetch = typeof globalThis.fetch;

export interface HttpPost {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Room for the message of an error; nobody needs more, and a server must not fill our memory. */
const ANSWER_BYTES = 64 * 1_024;
const SHOWN_CHARACTERS = 300;

/**
 * Posts a body. `judge` reads a 2xx answer. Redirects are not followed: they would carry the key along.
 */
export async function httpPost(
  post: HttpPost,
  body: Uint8Array<ArrayBuffer> | string,
  signal: AbortSignal,
  judge: (answer: Buffer, contentType: string) => Delivery | Promise<Delivery>,
): Promise<Delivery> {
  try {
    const response = await post.fetch(post.url, {
      method: 'POST',
      headers: post.headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(post.timeoutMs)]),
    });
    const answer = await readAnswer(response);
    const contentType = response.headers.get('content-type') ?? '';
    if (response.ok) return await judge(answer, contentType);
    const retryAfter = parseRetryAfter(response.headers.get('retry-after'), post.clock.now());
    return failedDelivery(response.status, shownAnswer(answer, contentType), retryAfter);
  } catch (error) {
    return { kind: 'retry', reason: networkReason(error), retryAfterUs: null };
  }
}

async function readAnswer(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body === null) return Buffer.alloc(0);
  for await (const chunk of response.body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks);
}

function shownAnswer(answer: Buffer, contentType: string): string {
  if (contentType.includes('protobuf')) return printable(answer.toString('latin1'));
  return printable(answer.toString('utf8'));
}

function printable(text: string): string {
  return text
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ')
    .trim()
    .slice(0, SHOWN_CHARACTERS);
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
