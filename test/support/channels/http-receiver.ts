import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpReceiver {
  readonly url: string;
  readonly seen: { readonly headers: IncomingHttpHeaders; readonly body: string }[];
  /** What comes next: a status, `hang`, or `drop` (cut after the request was read). */
  reply:
    | {
        status: number;
        headers?: Record<string, string>;
        body?: string;
      }
    | 'hang'
    | 'drop';
  close(): Promise<void>;
}

/** A webhook's other end on a real socket. */
export async function startHttpReceiver(): Promise<HttpReceiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      receiver.seen.push({
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      });
      const { reply } = receiver;
      if (reply === 'hang') return;
      if (reply === 'drop') {
        request.socket.destroy();
        return;
      }
      response.writeHead(reply.status, reply.headers).end(reply.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: HttpReceiver = {
    url: `http://127.0.0.1:${port}/services/T0/B0/s3cr3t-path`,
    seen: [],
    reply: { status: 200 },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return receiver;
}
