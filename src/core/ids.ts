import type { EpochMicros } from './units.ts';

/**
 * A request's id, trace id and span ids are one set of random bits: a UUIDv7 whose 32 digits are also
 * the trace id (W3C asks for 7 random bytes at the right, which a UUIDv7 has), and from which both span
 * ids are derived. Nothing but the id needs storing, and a span sent twice carries the same ids.
 */

const DASH = 45;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

/** UUIDv7 of an instant and 10 random bytes (RFC 9562, section 5.7, sub-millisecond part in `rand_a`). */
export function uuidv7(at: EpochMicros, random: Uint8Array, offset = 0): string {
  const ms = Math.floor(at / 1_000);
  const fraction = Math.floor(((at % 1_000) * 4_096) / 1_000);
  const hex = (index: number) => HEX[random[offset + index] ?? 0] ?? '00';
  const time = ms.toString(16).padStart(12, '0');
  const variant = HEX[((random[offset] ?? 0) & 0x3f) | 0x80] ?? '80';
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-7${fraction.toString(16).padStart(3, '0')}` +
    `-${variant}${hex(1)}-${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`
  );
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
