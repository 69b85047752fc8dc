import { connect, type Socket } from 'node:net';
import { type HttpMessage, parseMessage, statusOf } from './http-message.ts';
import { ReceivedBytes } from './received-bytes.ts';
import { write } from './recording-upstream.ts';
import { playScript, type WireEnd, type WireStep } from './wire-script.ts';

export interface ClientScript {
  readonly steps: readonly WireStep[];
  /** Methods of the requests sent, in order: a response to HEAD has no body. */
  readonly methods: readonly string[];
  /** Waits for the server to close, besides the responses. */
  readonly untilClose?: boolean;
}

/** What a client saw on its connection. */
export interface ClientView {
  /** Interim responses included. */
  readonly responses: readonly HttpMessage[];
  /** Bytes after the last response: an upgraded protocol, or an error. */
  readonly rest: Buffer;
  /** Whether the server closed, and how, when the last response was in. */
  readonly closed: 'no' | 'end' | 'reset';
}

const PATIENCE_MS = 20_000;

/** Runs a script over a connection of its own. @throws Error when the answers do not come. */
export async function runClient(port: number, script: ClientScript): Promise<ClientView> {
  const socket = connect(port, '127.0.0.1');
  const received = new ReceivedBytes();
  let closed: ClientView['closed'] = 'no';
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.on('end', () => {
    closed = 'end';
    received.close();
  });
  socket.on('error', () => {
    closed = 'reset';
  });
  socket.on('close', () => received.close());
  const timer = setTimeout(() => socket.destroy(new Error('patience')), PATIENCE_MS);
  try {
    await playScript(script.steps, clientEnd(socket, received));
    await received.until(
      () => !script.untilClose && finals(view(received, script)) === script.methods.length,
    );
    const seen = view(received, script);
    return { ...seen, closed };
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function view(received: ReceivedBytes, { methods }: ClientScript): Omit<ClientView, 'closed'> {
  const responses: HttpMessage[] = [];
  let rest = received.bytes;
  let answered = 0;
  while (answered < methods.length) {
    const parsed = parseMessage(rest, {
      kind: 'response',
      method: methods[answered] ?? 'GET',
      closed: received.closed,
    });
    if (parsed === null) break;
    responses.push(parsed.message);
    rest = rest.subarray(parsed.length);
    if (isFinal(parsed.message)) answered += 1;
  }
  return { responses, rest };
}

const isFinal = (message: HttpMessage) => {
  const status = statusOf(message);
  return status === 101 || !(status < 200);
};

const finals = ({ responses }: Pick<ClientView, 'responses'>) => responses.filter(isFinal).length;

function clientEnd(socket: Socket, received: ReceivedBytes): WireEnd {
  return {
    write: (bytes) => write(socket, bytes),
    received: (text) => received.until(() => received.bytes.includes(text, 0, 'latin1')),
    bodyReceived: () => Promise.reject(new Error('await-body is for upstream scripts')),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => {
      socket.end();
    },
    reset: () => {
      socket.resetAndDestroy();
    },
  };
}
