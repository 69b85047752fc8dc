import type { Socket } from 'node:net';

export interface BodyFraming {
  readonly chunked: boolean;
  /** From `Content-Length`; 0 when there is no body. */
  readonly length: number;
}

/** Writes a chunk with its size. @returns false when the socket is to drain first. */
export function writeChunk(socket: Socket, chunk: Buffer): boolean {
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
  socket.write(chunk);
  const more = socket.write('\r\n', 'latin1');
  socket.uncork();
  return more;
}

/** Writes what stands behind the last chunk. */
export function writeLastChunk(socket: Socket, rawTrailers: readonly string[]): void {
  socket.write(`0\r\n${trailerLines(rawTrailers)}\r\n`, 'latin1');
}

/** The bytes as a string, which leaves in one write with the head before it. */
export function latin1Of(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) {
    return first.toString('latin1');
  }
  return chunks.map((chunk) => chunk.toString('latin1')).join('');
}

function trailerLines(rawTrailers: readonly string[]): string {
  let lines = '';
  for (let index = 0; index < rawTrailers.length; index += 2) {
    lines += `${rawTrailers[index]}: ${rawTrailers[index + 1]}\r\n`;
  }
  return lines;
}
