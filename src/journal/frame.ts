import { crc32 } from 'node:zlib';

/**
 * A frame is a length (4 bytes), the CRC-32 of the payload (4 bytes), both little-endian, and the payload
 * in UTF-8. A payload starts with `["`, so the bytes of one frame never look like the start of another:
 * JSON escapes the zero byte that every length ends with.
 */
export const FRAME_HEADER_BYTES = 8;

/** Longer payloads are not written, and a length above it is damage. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

const PAYLOAD_START = Buffer.from('["');

/** Bytes to keep free for a payload of `length` UTF-16 units, whatever they are. */
export function frameCapacityFor(length: number): number {
  return FRAME_HEADER_BYTES + length * 3;
}

/** Writes a frame at `at`, where `frameCapacityFor` bytes must be free; the position after it. */
export function putFrame(bytes: Buffer, at: number, payload: string): number {
  const start = at + FRAME_HEADER_BYTES;
  const length = bytes.write(payload, start, 'utf8');
  bytes.writeUInt32LE(length, at);
  bytes.writeUInt32LE(crc32(bytes.subarray(start, start + length)), at + 4);
  return start + length;
}

/** `incomplete`: more bytes may make it a frame. `bad`: none will. */
export type FrameState =
  | { readonly state: 'whole'; readonly start: number; readonly end: number }
  | { readonly state: 'incomplete' | 'bad' };

const INCOMPLETE: FrameState = { state: 'incomplete' };
const BAD: FrameState = { state: 'bad' };

export function frameAt(bytes: Buffer, at: number): FrameState {
  if (at + FRAME_HEADER_BYTES > bytes.length) return INCOMPLETE;
  const length = bytes.readUInt32LE(at);
  if (length < PAYLOAD_START.length || length > MAX_PAYLOAD_BYTES) return BAD;
  const start = at + FRAME_HEADER_BYTES;
  const end = start + length;
  if (end > bytes.length) return INCOMPLETE;
  if (crc32(bytes.subarray(start, end)) !== bytes.readUInt32LE(at + 4)) return BAD;
  return { state: 'whole', start, end };
}

/** Where the next whole frame starts, searching from `from`; -1 when these bytes hold none. */
export function nextFrameFrom(bytes: Buffer, from: number): number {
  let found = bytes.indexOf(PAYLOAD_START, from + FRAME_HEADER_BYTES);
  while (found !== -1) {
    const at = found - FRAME_HEADER_BYTES;
    if (frameAt(bytes, at).state === 'whole') return at;
    found = bytes.indexOf(PAYLOAD_START, found + 1);
  }
  return -1;
}
