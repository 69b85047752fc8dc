import { request } from 'undici';
import { MICROS_PER_SECOND } from '../../src/core/units.ts';
import type { SendResult } from '../../src/ports/channel.ts';

export interface HttpSend {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Name of the receiver in error texts: addresses are secrets for half of them. */
  readonly receiver: string;
}

/** Too much to read for an answer nobody looks at. */
const LONGEST_REASON = 200;

/**
 * Posts JSON once. Worth another try: no answer, a timeout, 408, 425, 429, 5xx. Any other status says that the
 * same message will be refused again. Error texts never hold the address: a webhook's path is its password.
 */
export async function httpSend(send: HttpSend): Promise<SendResult> {
  try {
    const response = await request(send.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...send.headers },
      body: send.body,
      signal: AbortSignal.timeout(send.timeoutMs),
    });
    const text = (await response.body.text()).slice(0, LONGEST_REASON);
    if (response.statusCode >= 200 && response.statusCode < 300) return { ok: true };
    const reason = text.trim() === '' ? '' : `: ${text.trim()}`;
    return {
      ok: false,
      retryable: isRetryable(response.statusCode),
      error: redacted(`${send.receiver} answered ${response.statusCode}${reason}`, send.url),
      retryAfterUs: retryAfter(response.headers['retry-after']),
    };
  } catch (error) {
    const message = `${send.receiver} could not be reached: ${reasonOf(error, send.timeoutMs)}`;
    return { ok: false, retryable: true, error: redacted(message, send.url), retryAfterUs: null };
  }
}

export function isRetryable(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return code;
}

/** A receiver that echoes the address must not put it into our log. */
function redacted(text: string, url: string): string {
  const { pathname, host } = new URL(url);
  const secret = pathname.length > 1 ? text.replaceAll(pathname, '/…') : text;
  return secret.replaceAll(url, '…').replaceAll(host, '…');
}

function retryAfter(header: string | string[] | undefined): number | null {
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return Number.isFinite(seconds) && seconds > 0 ? Math.round(seconds * MICROS_PER_SECOND) : null;
}
