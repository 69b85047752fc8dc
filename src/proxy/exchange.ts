import type { Socket } from 'node:net';
import type { ClosedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import {
  closedRequest,
  type Ending,
  endingOfAbort,
  endingOfFailure,
  endingOfResponse,
} from './end-of-request.ts';
import type { ExchangeContext, ExchangeInput } from './exchange-context.ts';
import { ExchangeTunnel } from './exchange-tunnel.ts';
import { HELD_BODY_BYTES, type HeldBody, mustHold, prepareBody } from './held-body.ts';
import { type NextStep, nextStep } from './next-step.ts';
import { PoolTime } from './pool-time.ts';
import { bodyTooLong, failureProblem, journalUnavailable, type Problem } from './problem.ts';
import { type Progress, startProgress } from './progress.ts';
import { followUpHead, upstreamHead } from './request-headers.ts';
import type { ResponseHead } from './response-head.ts';
import { clientHead } from './response-headers.ts';
import { ResponseRelay } from './response-relay.ts';
import { Upload } from './upload.ts';
import type { UpstreamConnection, UpstreamSink } from './upstream-connection.ts';
import { protocolFailure, type UpstreamFailure } from './upstream-failure.ts';
import type { ConnectionUser } from './upstream-pool.ts';

/**
 * One request on its way through: opened in the journal, sent, answered, closed in the journal, and only
 * then ended towards the client. Every ending, whatever its cause, goes through `#conclude`.
 */
export class Exchange implements UpstreamSink, ConnectionUser {
  readonly #context: ExchangeContext;
  readonly #input: ExchangeInput;
  readonly #progress: Progress;
  readonly #time: PoolTime;
  readonly #upload: Upload;
  readonly #hold: boolean;
  #held: HeldBody | null = null;
  #connection: UpstreamConnection | null = null;
  #waitingForConnection = false;
  #repeatTimer: NodeJS.Timeout | null = null;
  #relay: ResponseRelay | null = null;
  #tunnel: ExchangeTunnel | null = null;
  #step: NextStep = { step: 'relay' };
  /** Where the next leg goes, when it is not the request that the client sent. */
  #followTarget: string | null = null;
  #concluded = false;

  constructor(context: ExchangeContext, input: ExchangeInput) {
    this.#context = context;
    this.#input = input;
    const { joined, opened, endpoint } = input;
    this.#progress = startProgress(opened, joined?.parked ?? null);
    this.#progress.functionCallId ??= input.functionCallId;
    const meter = endpoint.meterOf(opened.pool);
    this.#time = new PoolTime(meter, joined?.meterReading ?? null, this.#execBefore());
    this.#hold = mustHold(endpoint.settings) && input.upgrade === null;
    this.#upload = new Upload(input.request, input.bodyFraming, this.#hold);
  }

  start(): void {
    const { client, endpoint, opened, joined } = this.#input;
    client.onClose(() => this.#onClientClose());
    endpoint.inFlight += 1;
    if (joined !== null) {
      this.#sendWhenReady();
      return;
    }
    this.#context.journal.append({ type: 'opened', request: opened }, (error) =>
      this.#onOpenedWritten(error),
    );
  }

  /** The process ends now: the record says so, and nothing more is sent. */
  shutdown(): void {
    this.#stopEarly(endingOfAbort(this.#progress, 'shutdown'), () => this.#input.client.destroy());
  }

  /** The client's bytes stopped being valid HTTP in the middle of the request. */
  malformed(problem: Problem): void {
    const ending: Ending = { outcome: 'rejected', errorClass: 'bad_request', paid: 'unknown' };
    this.#stopEarly(ending, () => this.#refuse(problem));
  }

  onConnection(connection: UpstreamConnection): void {
    this.#waitingForConnection = false;
    this.#connection = connection;
    const now = this.#context.clock.monotonic();
    this.#progress.sentUs ??= now - this.#input.startedUs;
    this.#time.start(now);
    connection.start(this, this.#input.request.method === 'HEAD');
    if (this.#followTarget !== null) {
      connection.socket.write(followUpHead(this.#input.head, this.#followTarget), 'latin1');
      connection.requestSent();
    } else if (this.#held !== null) {
      this.#sendHeld(connection, this.#held);
    } else {
      this.#upload.sendTo(connection, upstreamHead(this.#input.head));
    }
  }

  onNoConnection(failure: UpstreamFailure): void {
    this.#waitingForConnection = false;
    this.onFailure(failure);
  }

  onInformation(status: number, head: Buffer): void {
    this.#input.client.information(status, head);
  }

  onHead(head: ResponseHead): void {
    const progress = this.#progress;
    progress.firstByteUs ??= this.#elapsed();
    progress.status = head.status;
    this.#connection?.responseStarted(head);
    const hideUsage = (this.#held?.usageInjected ?? false) && head.status < 300;
    const anew = hideUsage || (this.#input.http10 && head.chunked);
    const framing: 'dropped' | 'received' = anew ? 'dropped' : 'received';
    const filtered = clientHead(head, framing);
    const { notes } = filtered;
    const asked =
      this.#followTarget === null ? this.#input.functionCallId : progress.functionCallId;
    this.#step = nextStep(
      {
        status: head.status,
        location: notes.location,
        legs: progress.legs,
        retries: progress.retries,
        functionCallId: asked,
      },
      this.#input.endpoint.settings,
    );
    progress.functionCallId = notes.functionCallId ?? progress.functionCallId;
    const upstream = this.#connection?.socket;
    if (upstream !== undefined && (this.#step.step === 'relay' || this.#step.step === 'park')) {
      const response = { head, clientHead: filtered, progress, upstream, framing, hideUsage };
      this.#relay = new ResponseRelay(this.#context, this.#input, response);
    }
  }

  onPayload(payload: Buffer): void {
    this.#relay?.payload(payload, this.#elapsed());
  }

  onForward(raw: Buffer): void {
    this.#relay?.forward(raw);
  }

  onPartial(): void {
    this.#input.client.flushHead();
  }

  onEnd(raw: Buffer | null): void {
    this.#connection = null;
    this.#progress.lastByteUs = this.#elapsed();
    const relay = this.#relay;
    if (relay === null) {
      this.#nextLeg();
      return;
    }
    relay.finish(() => this.#onResponseRead(relay.rest(raw)));
  }

  onUpgrade(head: ResponseHead, socket: Socket, rest: Buffer | null): void {
    this.#connection = null;
    const { upgrade, endpoint } = this.#input;
    if (upgrade === null) {
      socket.destroy();
      this.onFailure(
        protocolFailure(endpoint.origin.href, 'it switched protocols without being asked'),
      );
      return;
    }
    const progress = this.#progress;
    progress.firstByteUs = this.#elapsed();
    progress.status = head.status;
    progress.streamed = true;
    this.#tunnel = new ExchangeTunnel(this.#input, progress, socket, (ending) => {
      progress.lastByteUs = this.#elapsed();
      this.#conclude(ending, () => this.#tunnel?.close());
    });
    this.#tunnel.open(head, rest, this.#context.responseHeaders);
  }

  onUpstreamDrain(): void {
    this.#upload.drained();
  }

  onFailure(failure: UpstreamFailure): void {
    this.#connection = null;
    const progress = this.#progress;
    const { client } = this.#input;
    if (!client.headSent) {
      progress.status = failure.status;
    }
    const end = (): void =>
      this.#conclude(endingOfFailure(failure, progress.sentUs !== null), () =>
        this.#refuse(failureProblem(failure)),
      );
    this.#readThenEnd(end);
  }

  #onOpenedWritten(error: Error | null): void {
    if (this.#concluded) {
      return;
    }
    this.#progress.overheadUs = this.#elapsed();
    if (error !== null && this.#context.onJournalFailure === 'refuse') {
      this.#reject(journalUnavailable(error));
    } else {
      this.#sendWhenReady();
    }
  }

  #sendWhenReady(): void {
    if (!this.#hold) {
      this.#acquire();
      return;
    }
    const { head, endpoint } = this.#input;
    this.#upload.held((body) => {
      if (this.#concluded) {
        return;
      }
      if (body === null) {
        this.#reject(bodyTooLong(HELD_BODY_BYTES));
        return;
      }
      this.#held = prepareBody(body, head.headers, endpoint.settings);
      this.#acquire();
    });
  }

  #acquire(): void {
    this.#waitingForConnection = true;
    this.#input.endpoint.connections.acquire(this);
  }

  #sendHeld(connection: UpstreamConnection, held: HeldBody): void {
    const { head } = this.#input;
    const replaced = new Set([...head.drop, ...held.replaces]);
    const extra = head.extra + held.extra;
    const text = upstreamHead({ ...head, drop: replaced, extra, contentLength: held.body.length });
    this.#upload.replay(connection, text, held.body);
  }

  /** A response that the client does not get: go on as `nextStep` said. */
  #nextLeg(): void {
    const step = this.#step;
    if (this.#concluded) {
      return;
    }
    if (step.step === 'repeat') {
      this.#progress.retries += 1;
      this.#repeatTimer = setTimeout(() => this.#acquire(), step.delayMs);
    } else if (step.step === 'follow') {
      this.#progress.legs += 1;
      this.#progress.functionCallId = step.functionCallId;
      this.#followTarget = this.#input.endpoint.targetOf(step.location, this.#input.head.target);
      this.#acquire();
    }
  }

  #onResponseRead(rest: Buffer | null): void {
    if (this.#concluded) {
      return;
    }
    const { endpoint, client } = this.#input;
    const step = this.#step;
    if (step.step === 'park') {
      this.#park(step.functionCallId, rest);
      return;
    }
    const now = this.#context.clock.monotonic();
    const ending = endingOfResponse(this.#progress, endpoint.origin.hostname);
    const release = (): void => client.end(rest);
    if (ending.errorClass === 'modal_missing_request') {
      endpoint.eventLoop.diagnose(now, endpoint.inFlight > 1, (blocked) =>
        this.#conclude(ending, release, blocked),
      );
    } else {
      endpoint.eventLoop.noteEnd(now);
      this.#conclude(ending, release);
    }
  }

  /** The leg is over, the request is not: it waits for its client to come back. */
  #park(functionCallId: string, rest: Buffer | null): void {
    this.#concluded = true;
    const { endpoint, opened, client, ended } = this.#input;
    endpoint.inFlight -= 1;
    const progress = this.#progress;
    const parkedAtUs = this.#elapsed();
    const execEstimateUs = this.#time.soFar(this.#input.startedUs + parkedAtUs);
    const { legs, sentUs, overheadUs, bytesOut } = progress;
    const parked = {
      request: opened,
      functionCallId,
      legs,
      parkedAtUs,
      sentUs,
      overheadUs,
      execEstimateUs,
      bytesIn: progress.bytesIn + this.#upload.bytes,
      bytesOut,
    };
    this.#context.journal.append({ type: 'parked', parked }, () => {
      const lastStatus = progress.status ?? 303;
      this.#context.chains.park({ parked, meterReading: this.#time.reading, lastStatus });
      this.#upload.stop();
      client.end(rest);
      ended(null);
    });
  }

  #reject(problem: Problem): void {
    this.#progress.status = problem.status;
    this.#stopEarly({ outcome: 'rejected', errorClass: problem.errorClass, paid: 'no' }, () =>
      this.#refuse(problem),
    );
  }

  #refuse(problem: Problem): void {
    const { client } = this.#input;
    if (client.headSent) {
      client.destroy();
    } else {
      client.problem(problem, this.#progress.opened.id);
    }
  }

  #onClientClose(): void {
    if (this.#concluded) {
      return;
    }
    if (this.#tunnel !== null) {
      this.#tunnel.clientGone();
      return;
    }
    this.#stopEarly(endingOfAbort(this.#progress, 'client_abort'), () => {});
  }

  /** Ends a request whose response will not be waited for: the upstream is dropped at once. */
  #stopEarly(ending: Ending, release: () => void): void {
    if (this.#concluded) {
      return;
    }
    if (this.#waitingForConnection) {
      this.#waitingForConnection = false;
      this.#input.endpoint.connections.cancel(this);
    }
    if (this.#repeatTimer !== null) {
      clearTimeout(this.#repeatTimer);
    }
    this.#connection?.abort();
    this.#connection = null;
    this.#tunnel?.close();
    this.#readThenEnd(() => this.#conclude(ending, release));
  }

  #readThenEnd(end: () => void): void {
    const relay = this.#relay;
    this.#relay = null;
    if (relay === null) {
      end();
    } else {
      relay.finish(end);
    }
  }

  /** The one end of every request: measure, write the record, then let the client see the end. */
  #conclude(ending: Ending, release: () => void, eventLoopBlocked = false): void {
    if (this.#concluded) {
      return;
    }
    this.#concluded = true;
    const { endpoint, startedUs, ended } = this.#input;
    endpoint.inFlight -= 1;
    const progress = this.#progress;
    const durationUs = this.#elapsed();
    const runsOnUs = this.#runsOn(ending);
    progress.bytesIn += this.#upload.bytes;
    progress.overheadUs += durationUs - (progress.lastByteUs ?? durationUs);
    progress.execUs = this.#time.stop(startedUs + durationUs, runsOnUs);
    const closed: ClosedRequest = closedRequest(progress, ending, {
      durationUs,
      upstreamEndUs: runsOnUs === 0 ? null : durationUs + runsOnUs,
      diagnosis: eventLoopBlocked ? 'event_loop_blocked' : null,
    });
    this.#context.journal.append({ type: 'closed', request: closed }, () => {
      this.#upload.stop();
      release();
      ended(closed);
    });
  }

  /** What an earlier process measured of a parked request, and the time since: its container ran on. */
  #execBefore(): Micros {
    const { joined } = this.#input;
    if (joined === null || joined.meterReading !== null) {
      return 0;
    }
    const { execEstimateUs, parkedAtUs } = joined.parked;
    return (execEstimateUs ?? 0) + Math.max(0, this.#elapsed() - parkedAtUs);
  }

  /** How long the upstream may work on after we have let it go: Modal does for up to two minutes. */
  #runsOn(ending: Ending): Micros {
    const { sentUs, lastByteUs } = this.#progress;
    const left = ['client_abort', 'shutdown', 'upstream_timeout'].includes(ending.outcome);
    const running = sentUs !== null && lastByteUs === null && this.#upload.complete;
    return left && running ? this.#context.abortGraceUs : 0;
  }

  #elapsed(): Micros {
    return this.#context.clock.monotonic() - this.#input.startedUs;
  }
}
