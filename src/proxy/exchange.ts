import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { OpenedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import { ClientResponse } from './client-response.ts';
import { closedRequest, type Ending, endingOfResponse } from './end-of-request.ts';
import type { EndpointRuntime } from './endpoint-runtime.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { BODY_PREFIX_BYTES } from './modal-edge.ts';
import type { Problem } from './problem.ts';
import { type Progress, startProgress } from './progress.ts';
import type { ResponseHead } from './response-head.ts';
import { clientHead } from './response-headers.ts';
import { Upload } from './upload.ts';
import type { UpstreamConnection, UpstreamSink } from './upstream-connection.ts';
import { protocolFailure, type UpstreamFailure } from './upstream-failure.ts';
import type { ConnectionUser } from './upstream-pool.ts';
import type { ResponseTap, TapReading } from './usage/response-tap.ts';

export interface ExchangeInput {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: EndpointRuntime;
  readonly opened: OpenedRequest;
  /** Monotonic reading at the start. */
  readonly startedUs: Micros;
  /** Request line and headers for the upstream. */
  readonly head: string;
  readonly bodyFraming: { readonly chunked: boolean; readonly length: number };
}

/**
 * One request on its way through: opened in the journal, sent, answered, closed in the journal, and only
 * then ended towards the client. Every ending, whatever its cause, goes through `#conclude`.
 */
export class Exchange implements UpstreamSink, ConnectionUser {
  readonly #context: ExchangeContext;
  readonly #input: ExchangeInput;
  readonly #client: ClientResponse;
  readonly #progress: Progress;
  #upload: Upload | null = null;
  #connection: UpstreamConnection | null = null;
  #waitingForConnection = false;
  #meterReading: number | null = null;
  #tap: ResponseTap | null = null;
  #concluded = false;

  constructor(context: ExchangeContext, input: ExchangeInput) {
    this.#context = context;
    this.#input = input;
    this.#client = new ClientResponse(input.response);
    this.#progress = startProgress(input.opened);
  }

  start(): void {
    const { request, response, bodyFraming, opened } = this.#input;
    response.on('close', () => this.#onClientClose());
    this.#upload = new Upload(request, bodyFraming, { onSent: () => {} });
    this.#input.endpoint.inFlight += 1;
    this.#context.journal.append({ type: 'opened', request: opened }, (error) =>
      this.#onOpenedWritten(error),
    );
  }

  /** The process ends now: the record says so, and nothing more is sent. */
  shutdown(): void {
    this.#dropUpstream();
    this.#conclude({ outcome: 'shutdown', errorClass: 'shutting_down', paid: 'unknown' }, () =>
      this.#client.destroy(),
    );
  }

  onConnection(connection: UpstreamConnection): void {
    this.#waitingForConnection = false;
    this.#connection = connection;
    const { request, endpoint, opened, head } = this.#input;
    const now = this.#context.clock.monotonic();
    this.#progress.sentUs ??= now - this.#input.startedUs;
    this.#meterReading = endpoint.meterOf(opened.pool).enter(now);
    connection.start(this, request.method === 'HEAD');
    this.#upload?.sendTo(connection, head);
  }

  onNoConnection(failure: UpstreamFailure): void {
    this.#waitingForConnection = false;
    this.onFailure(failure);
  }

  onInformation(status: number, head: Buffer): void {
    this.#client.information(status, head);
  }

  onHead(head: ResponseHead): void {
    const progress = this.#progress;
    progress.firstByteUs ??= this.#elapsed();
    progress.status = head.status;
    const { headers, notes } = clientHead(head, true);
    progress.notes = notes;
    progress.functionCallId = notes.functionCallId ?? progress.functionCallId;
    progress.streamed = head.contentLength === null;
    const connection = this.#connection;
    if (connection !== null) {
      connection.keepAliveSeconds = head.keepAliveSeconds;
      if (!head.keepAlive) {
        connection.doNotReuse();
      }
      connection.headReceived();
    }
    if (this.#context.responseHeaders) {
      headers.push('x-tripmeter-request-id', progress.opened.id);
      headers.push('Server-Timing', `tripmeter;dur=${(progress.overheadUs / 1_000).toFixed(3)}`);
    }
    this.#client.setHead(head.status, head.reason, headers);
  }

  onPayload(payload: Buffer): void {
    const progress = this.#progress;
    progress.bytesOut += payload.length;
    progress.chunks += 1;
    const { status, bodyPrefix } = progress;
    if (status !== null && status >= 400 && bodyPrefix.length < BODY_PREFIX_BYTES) {
      progress.bodyPrefix += payload.toString('latin1', 0, BODY_PREFIX_BYTES - bodyPrefix.length);
    }
    this.#tap?.push(payload, this.#elapsed());
  }

  onForward(raw: Buffer): void {
    if (!this.#client.write(raw)) {
      this.#connection?.socket.pause();
      this.#input.response.once('drain', () => this.#connection?.socket.resume());
    }
  }

  onPartial(): void {
    this.#client.flushHead();
  }

  onEnd(raw: Buffer | null): void {
    this.#connection = null;
    this.#progress.lastByteUs = this.#elapsed();
    const finish = (reading: TapReading | null): void => {
      if (reading !== null) {
        this.#progress.reading = reading;
      }
      const ending = endingOfResponse(this.#progress, this.#input.endpoint.origin.hostname);
      this.#conclude(ending, () => this.#client.end(raw));
    };
    if (this.#tap === null) {
      finish(null);
    } else {
      this.#tap.finish(finish);
    }
  }

  onUpgrade(_head: ResponseHead, socket: Socket): void {
    socket.destroy();
    this.onFailure(
      protocolFailure(
        this.#input.endpoint.origin.href,
        'it switched protocols without being asked',
      ),
    );
  }

  onUpstreamDrain(): void {
    this.#upload?.drained();
  }

  onFailure(failure: UpstreamFailure): void {
    this.#connection = null;
    const { outcome, errorClass, status, cause, fix } = failure;
    const paid = this.#progress.sentUs === null ? 'no' : 'unknown';
    const title = status === 504 ? 'Gateway Timeout' : 'Bad Gateway';
    if (!this.#client.headSent) {
      this.#progress.status = status;
    }
    this.#conclude({ outcome, errorClass, paid }, () =>
      this.#refuse({ status, title, cause, fix, errorClass }),
    );
  }

  #onOpenedWritten(error: Error | null): void {
    if (this.#concluded) {
      return;
    }
    if (error !== null && this.#context.onJournalFailure === 'refuse') {
      this.#progress.status = 503;
      const problem = journalProblem(error);
      this.#conclude({ outcome: 'rejected', errorClass: problem.errorClass, paid: 'no' }, () =>
        this.#refuse(problem),
      );
      return;
    }
    this.#progress.overheadUs = this.#elapsed();
    this.#waitingForConnection = true;
    this.#input.endpoint.connections.acquire(this);
  }

  #refuse(problem: Problem): void {
    if (this.#client.headSent) {
      this.#client.destroy();
    } else {
      this.#client.problem(problem, this.#progress.opened.id);
    }
  }

  #onClientClose(): void {
    if (this.#concluded) {
      return;
    }
    this.#dropUpstream();
    this.#conclude(
      { outcome: 'client_abort', errorClass: 'client_abort', paid: this.#abortPaid() },
      () => {},
    );
  }

  #abortPaid(): 'no' | 'unknown' | 'yes' {
    const { sentUs, firstByteUs } = this.#progress;
    if (firstByteUs !== null) {
      return 'yes';
    }
    return sentUs === null ? 'no' : 'unknown';
  }

  #dropUpstream(): void {
    if (this.#waitingForConnection) {
      this.#waitingForConnection = false;
      this.#input.endpoint.connections.cancel(this);
    }
    this.#connection?.abort();
    this.#connection = null;
  }

  /** The one end of every request: measure, write the record, then let the client see the end. */
  #conclude(ending: Ending, release: () => void): void {
    if (this.#concluded) {
      return;
    }
    this.#concluded = true;
    const progress = this.#progress;
    const { endpoint, opened } = this.#input;
    endpoint.inFlight -= 1;
    const durationUs = this.#elapsed();
    progress.bytesIn = this.#upload?.bytes ?? 0;
    progress.overheadUs += durationUs - (progress.lastByteUs ?? durationUs);
    let upstreamEndUs: Micros | null = null;
    if (this.#meterReading !== null) {
      const meter = endpoint.meterOf(opened.pool);
      const share = meter.share();
      progress.execUs = meter.leave(this.#meterReading, this.#input.startedUs + durationUs);
      if (ending.outcome === 'client_abort' && progress.lastByteUs === null) {
        upstreamEndUs = durationUs + this.#context.abortGraceUs;
        progress.execUs += Math.round(this.#context.abortGraceUs * share);
      }
    }
    const closed = closedRequest(progress, ending, { durationUs, upstreamEndUs, diagnosis: null });
    this.#context.journal.append({ type: 'closed', request: closed }, () => {
      this.#upload?.stop();
      release();
      this.#context.onEnded(closed);
    });
  }

  #elapsed(): Micros {
    return this.#context.clock.monotonic() - this.#input.startedUs;
  }
}

function journalProblem(error: Error): Problem {
  return {
    status: 503,
    title: 'Service Unavailable',
    cause: `the request cannot be recorded (${error.message}), and onFailure: refuse is set`,
    fix: 'Make room or repair the disk of the journal, or set journal.onFailure to forward.',
    errorClass: 'journal_unavailable',
    headers: ['Retry-After', '5'],
  };
}
