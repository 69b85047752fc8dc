import type { Socket } from 'node:net';

/** How long a connection that has been answered may stay open for its peer to read and close it, at most. */
export const LINGER_MS = 5_000;

/**
 * Closes our side of a connection that node's HTTP server no longer looks after, and the whole of it when the
 * peer does not close its own: a machine that sleeps, or a client that means no good, would hold it for ever.
 * It is not closed at once, because what is still unread here would then cost the peer the end of what it was sent.
 * @param lingerMs how long the peer may take after the last byte, and between two steps of reading it.
 */
export function hangUp(socket: Socket, lingerMs: number): void {
  if (socket.writableEnded || socket.destroyed) {
    return;
  }
  const close = (): void => {
    socket.destroy();
  };
  socket.setTimeout(lingerMs, close);
  // What still comes is dropped, so that the peer's own end is seen.
  socket.resume();
  socket.end(() => {
    const timer = setTimeout(close, lingerMs);
    socket.once('close', () => clearTimeout(timer));
  });
}
