import type { EpochMicros } from './units.ts';

/**
 * A request's id, trace id and span ids are one set of random bits: a UUIDv7 whose 32 digits are also
 * the trace id (W3C asks for 7 random bytes at the right, which a UUIDv7 has), and from which both span
 * ids are derived. Nothing but the id needs storing, and a span sent twice carries the same ids.
 */

const DASH = 45;

/** Hexadecimal digits that an id takes of what is random. */
export const ID_RANDOM_DIGITS = 16;

const VARIANT = '89ab';
const NINE = 57;

/**
 * UUIDv7 of an instant (RFC 9562, section 5.7, sub-millisecond part in `rand_a`).
 * @param random lower-case hexadecimal digits, of which the id takes 62 bits of 16 from `offset` on.
 */
export function uuidv7(at: EpochMicros, random: string, offset = 0): string {
  const code = random.charCodeAt(offset);
  // The low bits of the digit's value: letters start one above a multiple of four.
  const variant = VARIANT[(code > NINE ? code + 1 : code) & 3] ?? '8';
  const short = random.slice(offset + 1, offset + 4);
  return `${timeHalfOf(at)}-${variant}${short}-${random.slice(offset + 4, offset + ID_RANDOM_DIGITS)}`;
}

// Requests come many to the millisecond; its text is made once.
let lastMs = -1;
let lastMsText = '';

/** The half of an id that tells the instant, 18 characters: `01935f3a-1c2b-7abc`. */
export function timeHalfOf(at: EpochMicros): string {
  const ms = Math.floor(at / 1_000);
  if (ms !== lastMs) {
    const digits = ms.toString(16).padStart(12, '0');
    lastMs = ms;
    lastMsText = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
  }
  const fraction = Math.floor(((at - ms * 1_000) * 4_096) / 1_000);
  return lastMsText + (fraction + 0x1000).toString(16).slice(1);
}

/** Trace id that the proxy starts when the caller sent none: the id's 32 digits. */
export function traceIdOf(requestId: string): string {
  return requestId.replaceAll('-', '');
}

/** Whether this is the trace that the proxy started for the request: `traceIdOf`, without making it. */
export function isTraceOf(requestId: string, traceId: string): boolean {
  let at = 0;
  for (let index = 0; index < requestId.length; index += 1) {
    const code = requestId.charCodeAt(index);
    if (code === DASH) continue;
    if (code !== traceId.charCodeAt(at)) return false;
    at += 1;
  }
  return at === traceId.length;
}

/** Id of the SERVER span: the id's right half, 62 of its 64 bits random. */
export function serverSpanIdOf(requestId: string): string {
  return requestId.slice(19, 23) + requestId.slice(24);
}

/** Id of the CLIENT span, which the upstream sees as parent: the server span's with the top bits turned. */
export function clientSpanIdOf(requestId: string): string {
  const span = serverSpanIdOf(requestId);
  const first = Number.parseInt(span.slice(0, 1), 16) ^ 0x4;
  return first.toString(16) + span.slice(1);
}

/** The instant inside a UUIDv7, to the millisecond. */
export function instantOf(requestId: string): EpochMicros {
  return Number.parseInt(requestId.slice(0, 8) + requestId.slice(9, 13), 16) * 1_000;
}
