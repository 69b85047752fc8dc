import type { Micros } from '../core/units.ts';

/** What became of a batch, and so what happens to the cursor. */
export type Delivery =
  /** Taken, all of it: the cursor advances. */
  | { readonly kind: 'accepted' }
  /** Not now (429, 5xx, network, time-out): the same batch again, for ever. */
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterUs: Micros | null }
  /** Something in it is bad or it is too large (400, 413, partial success): smaller, down to one item. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The key or the address is wrong (401, 403, 404, …): nothing will pass until a person acts. */
  | { readonly kind: 'stop'; readonly reason: string };

const TRANSIENT = new Set([408, 425, 429]);
const SPLIT = new Set([400, 413, 422]);

/** Judges an HTTP status that is not 2xx. */
export function failedDelivery(
  status: number,
  answer: string,
  retryAfterUs: Micros | null,
): Delivery {
  const reason = answer === '' ? `HTTP ${status}` : `HTTP ${status}: ${answer}`;
  if (TRANSIENT.has(status) || status >= 500) return { kind: 'retry', reason, retryAfterUs };
  if (SPLIT.has(status)) return { kind: 'refused', reason };
  return { kind: 'stop', reason };
}
