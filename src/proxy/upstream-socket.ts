import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { UpstreamOptions } from './proxy-settings.ts';
import type { UpstreamOrigin } from './upstream-origin.ts';

export interface SocketSettings {
  readonly origin: UpstreamOrigin;
  readonly options: UpstreamOptions;
  /** TLS session of an earlier connection, for resumption. */
  readonly session: Buffer | null;
}

/**
 * What every socket reads into. Its bytes are copied out at once, which for a token's few hundred bytes is
 * much cheaper than a stream's own way: 64 KiB allocated for each read, and a queue.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** Connects. What is received goes to `onBytes`, and not through the stream: it emits no `data`. */
export function openSocket(
  { origin, options, session }: SocketSettings,
  onBytes: (bytes: Buffer) => void,
): Socket {
  const callback = (length: number): boolean => {
    onBytes(Buffer.from(READ_BUFFER.subarray(0, length)));
    return true;
  };
  const onread = { buffer: READ_BUFFER, callback };
  const target = {
    host: origin.hostname,
    port: origin.port,
    noDelay: true,
    keepAlive: true,
    onread,
  };
  if (!origin.tls) {
    return connectTcp(target);
  }
  return connectTls({
    ...target,
    servername: origin.isAddress ? '' : origin.hostname,
    ALPNProtocols: ['http/1.1'],
    ...(session === null ? {} : { session }),
    ...(options.tlsCa === null ? {} : { ca: options.tlsCa }),
  });
}
