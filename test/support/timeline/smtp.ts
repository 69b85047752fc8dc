import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/**
 * How the server behaves at the end of a message: takes it, refuses it for now (451) or for good (550), says
 * nothing, or takes it and cuts the connection before it says so.
 */
export type SmtpMode = 'up' | '451' | '550' | 'hang' | 'drop';

export interface ReceivedMail {
  readonly at: number;
  readonly parsed: ParsedMail;
  readonly raw: string;
  /** False: taken, but the sender was never told. */
  readonly confirmed: boolean;
}

export interface TestSmtp {
  readonly port: number;
  readonly received: ReceivedMail[];
  attempts: number;
  mode: SmtpMode;
  close(): Promise<void>;
}

/** A real SMTP server in this process. `now` stamps what arrives. */
export async function startSmtp(
  now: () => number,
  options: SMTPServerOptions = {},
): Promise<TestSmtp> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    authOptional: true,
    closeTimeout: 50,
    ...options,
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        smtp.attempts += 1;
        void finish(Buffer.concat(chunks), callback, session.id);
      });
    },
  });
  const connections = new Map<string, { destroy(): void }>();
  server.on('error', () => {});
  const raw = server as unknown as {
    connections: Set<{ id: string; _socket: { destroy(): void } }>;
  };
  const finish = async (
    data: Buffer,
    callback: (error?: Error | null) => void,
    session: string,
  ) => {
    const { mode } = smtp;
    if (mode === '451' || mode === '550') {
      callback(Object.assign(new Error('not now'), { responseCode: Number(mode) }));
      return;
    }
    if (mode === 'hang') return;
    const at = now();
    const parsed = await simpleParser(data);
    smtp.received.push({ at, parsed, raw: data.toString('utf8'), confirmed: mode === 'up' });
    if (mode === 'up') return callback();
    for (const connection of raw.connections) {
      if (connection.id === session) connection._socket.destroy();
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const smtp: TestSmtp = {
    port: (server.server.address() as AddressInfo).port,
    received: [],
    attempts: 0,
    mode: 'up',
    close: () =>
      new Promise((resolve) => {
        for (const connection of connections.values()) connection.destroy();
        server.close(() => resolve());
      }),
  };
  return smtp;
}
