import type { Socket } from 'node:net';
import { ClientSocket } from './client-socket.ts';
import type { Ending } from './end-of-request.ts';
import type { ExchangeInput } from './exchange-context.ts';
import { hangUp, LINGER_MS } from './hang-up.ts';
import type { Progress } from './progress.ts';
import type { Recording } from './recording.ts';
import type { ResponseHead } from './response-head.ts';
import { clientHead } from './response-headers.ts';

const OK: Ending = { outcome: 'ok', errorClass: null, paid: 'yes' };
const CLIENT_GONE: Ending = { outcome: 'client_abort', errorClass: 'client_abort', paid: 'yes' };
const UPSTREAM_GONE: Ending = {
  outcome: 'upstream_reset',
  errorClass: 'upstream_reset',
  paid: 'yes',
};

/**
 * A connection that speaks another protocol, a WebSocket as a rule: bytes both ways with back-pressure,
 * counted but not read, until either side ends it.
 */
export class ExchangeTunnel {
  readonly #input: ExchangeInput;
  readonly #recording: Recording;
  readonly #progress: Progress;
  readonly #upstream: Socket;
  readonly #side: ClientSocket;
  readonly #client: Socket;
  readonly #ended: (ending: Ending) => void;
  #clientEnded = false;

  /** @param ended called when a side has ended, before the other side can see it. */
  constructor(
    input: ExchangeInput,
    recording: Recording,
    upstream: Socket,
    ended: (ending: Ending) => void,
  ) {
    this.#input = input;
    this.#recording = recording;
    this.#progress = recording.progress;
    this.#upstream = upstream;
    this.#ended = ended;
    const { client } = input;
    if (!(client instanceof ClientSocket)) {
      throw new TypeError('a tunnel needs the bare socket of its client');
    }
    this.#side = client;
    this.#client = client.socket;
  }

  /** Passes the 101 on and starts. @param rest what the upstream sent behind its head. */
  open(head: ResponseHead, rest: Buffer | null, responseHeaders: boolean): void {
    const { client, upgrade } = this.#input;
    const { headers, notes } = clientHead(head, 'received');
    this.#progress.notes = notes;
    this.#progress.status = head.status;
    this.#progress.streamed = true;
    this.#progress.firstByteUs = this.#recording.elapsed();
    const protocol = head.headers.findIndex(
      (name, index) => index % 2 === 0 && name.toLowerCase() === 'upgrade',
    );
    const requestId = ['x-tripmeter-request-id', this.#progress.opened.id];
    client.setHead({
      status: head.status,
      reason: head.reason,
      headers: [
        'Connection',
        'Upgrade',
        ...(protocol < 0 ? [] : ['Upgrade', head.headers[protocol + 1] ?? '']),
        ...headers,
        ...(responseHeaders ? requestId : []),
      ],
    });
    client.flushHead();
    const early = this.#side.takeOver();
    this.#client.resume();
    if (rest !== null) {
      this.#down(rest);
    }
    if (upgrade !== null && upgrade.length > 0) {
      this.#up(upgrade);
    }
    for (const bytes of early) {
      this.#up(bytes);
    }
    this.#client.on('data', (bytes: Buffer) => this.#up(bytes));
    this.#client.on('end', () => this.#onClientEnd());
    this.#upstream.on('data', (bytes: Buffer) => this.#down(bytes));
    this.#upstream.on('end', () => this.#end(OK));
    this.#upstream.on('close', () => this.#end(this.#clientEnded ? OK : UPSTREAM_GONE));
  }

  /** The client's connection has closed. */
  clientGone(): void {
    this.#upstream.destroy();
    this.#end(this.#clientEnded ? OK : CLIENT_GONE);
  }

  /** Ends both sides; what has been passed on still arrives. */
  close(): void {
    this.#side.hangUp();
    hangUp(this.#upstream, LINGER_MS);
  }

  #end(ending: Ending): void {
    this.#progress.lastByteUs ??= this.#recording.elapsed();
    this.#ended(ending);
  }

  // Half-closed: the upstream may still have something to say, and then ends it.
  #onClientEnd(): void {
    this.#clientEnded = true;
    this.#upstream.end();
  }

  #up(bytes: Buffer): void {
    this.#progress.bytesIn += bytes.length;
    relay(bytes, this.#client, this.#upstream);
  }

  #down(bytes: Buffer): void {
    this.#progress.bytesOut += bytes.length;
    this.#progress.chunks += 1;
    relay(bytes, this.#upstream, this.#client);
  }
}

function relay(bytes: Buffer, from: Socket, to: Socket): void {
  if (to.writableEnded) {
    return; // It has been hung up: nobody waits for this any more.
  }
  if (!to.write(bytes)) {
    from.pause();
    to.once('drain', () => from.resume());
  }
}
