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
    const response = await fetch(send.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...send.headers },
      body: send.body,
      // A redirect would carry the key along, and answer a GET.
      redirect: 'manual',
      signal: AbortSignal.timeout(send.timeoutMs),
    });
    const text = await startOf(response);
    if (response.ok) return { ok: true };
    const reason = text === '' ? '' : `: ${text}`;
    return {
      ok: false,
      retryable: isRetryable(response.status),
      error: redacted(`${send.receiver} answered ${response.status}${reason}`, send.url),
      retryAfterUs: retryAfter(response.headers.get('retry-after')),
    };
  } catch (error) {
    const message = `${send.receiver} could not be reached: ${reasonOf(error, send.timeoutMs)}`;
    return { ok: false, retryable: true, error: redacted(message, send.url), retryAfterUs: null };
  }
}

function isRetryable(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** The first words of the answer. The rest is not read, however much a receiver sends. */
async function startOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const { value } = await reader.read();
  await reader.cancel();
  return Buffer.from(value ?? [])
    .toString('utf8')
    .trim()
    .slice(0, LONGEST_REASON);
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const { code } = (error.cause ?? error) as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

/** A receiver that echoes the address must not put it into our log. */
function redacted(text: string, url: string): string {
  const { pathname, host } = new URL(url);
  const secret = pathname.length > 1 ? text.replaceAll(pathname, '/…') : text;
  return secret.replaceAll(url, '…').replaceAll(host, '…');
}

function retryAfter(header: string | null): number | null {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? Math.round(seconds * MICROS_PER_SECOND) : null;
}
