import type { Socket } from 'node:net';
import type { JournalEntry } from '../ports/journal.ts';
import { type Ending, endingOfAbort, endingOfFailure, endingOfResponse } from './end-of-request.ts';
import type { ExchangeContext, ExchangeInput } from './exchange-context.ts';
import { ExchangeTunnel } from './exchange-tunnel.ts';
import { canHideUsage } from './hide-usage.ts';
import { type NextStep, nextStep } from './next-step.ts';
import { failureProblem, journalUnavailable, type Problem } from './problem.ts';
import { Recording } from './recording.ts';
import { RequestSender } from './request-sender.ts';
import type { ResponseHead } from './response-head.ts';
import { clientHead } from './response-headers.ts';
import { ResponseRelay } from './response-relay.ts';
import type { UpstreamConnection, UpstreamSink } from './upstream-connection.ts';
import { protocolFailure, type UpstreamFailure } from './upstream-failure.ts';
import type { ConnectionUser } from './upstream-pool.ts';

type LastEntry = Extract<JournalEntry, { type: 'closed' | 'parked' }>;

/**
 * One request on its way through: opened in the journal, sent, answered, closed in the journal, and only
 * then ended towards the client. Every ending, whatever its cause, goes through `#conclude`.
 */
export class Exchange implements UpstreamSink, ConnectionUser {
  readonly #context: ExchangeContext;
  readonly #input: ExchangeInput;
  readonly #recording: Recording;
  readonly #sender: RequestSender;
  #connection: UpstreamConnection | null = null;
  #repeatTimer: NodeJS.Timeout | null = null;
  #relay: ResponseRelay | null = null;
  #tunnel: ExchangeTunnel | null = null;
  #step: NextStep = { step: 'relay' };
  #concluded = false;

  constructor(context: ExchangeContext, input: ExchangeInput) {
    this.#context = context;
    this.#input = input;
    this.#recording = new Recording(context, input);
    this.#sender = new RequestSender(context.uploads, input);
  }

  start(): void {
    const { client, endpoint, opened, joined } = this.#input;
    client.onClose(() => this.#onClientClose());
    endpoint.inFlight += 1;
    if (joined === null) {
      this.#context.journal.append({ type: 'opened', request: opened }, (error) =>
        this.#onOpenedWritten(error),
      );
    } else {
      this.#sendWhenReady();
    }
  }

  /** The process ends now: the record says so, and nothing more is sent. */
  shutdown(): void {
    const ending = endingOfAbort(this.#recording.progress, 'shutdown');
    this.#stopEarly(ending, () => this.#input.client.destroy());
  }

  /** The client's bytes stopped being valid HTTP in the middle of the request. */
  malformed(problem: Problem): void {
    if (!this.#sender.complete) {
      this.#reject(problem, this.#recording.progress.sentUs === null ? 'no' : 'unknown');
    }
    this.#input.client.closeAfterwards();
  }

  onConnection(connection: UpstreamConnection): void {
    this.#connection = connection;
    this.#recording.sent();
    connection.start(this, this.#input.request.method === 'HEAD');
    this.#sender.sendTo(connection);
  }

  onInformation(status: number, head: Buffer): void {
    this.#input.client.information(status, head);
  }

  onHead(head: ResponseHead): void {
    const { progress } = this.#recording;
    const { endpoint, functionCallId, http10 } = this.#input;
    this.#connection?.responseStarted(head);
    const hideUsage = this.#sender.usageInjected && head.status < 300 && canHideUsage(head);
    const framing = hideUsage || (http10 && head.chunked) ? 'dropped' : 'received';
    const filtered = clientHead(head, framing);
    const result = {
      status: head.status,
      location: filtered.notes.location,
      legs: progress.legs,
      retries: progress.retries,
      functionCallId: this.#sender.isFollowUp ? progress.functionCallId : functionCallId,
    };
    this.#step = nextStep(result, endpoint.settings);
    progress.functionCallId = filtered.notes.functionCallId ?? progress.functionCallId;
    const upstream = this.#connection;
    if (upstream !== null && (this.#step.step === 'relay' || this.#step.step === 'park')) {
      this.#sender.answered();
      const to = { context: this.#context, input: this.#input, recording: this.#recording };
      this.#relay = new ResponseRelay(to, {
        head,
        clientHead: filtered,
        upstream,
        framing,
        hideUsage,
      });
    }
  }

  onPayload(payload: Buffer): void {
    this.#relay?.payload(payload);
  }

  onForward(raw: Buffer): void {
    this.#relay?.forward(raw);
  }

  onPartial(): void {
    this.#input.client.flushHead();
  }

  onEnd(raw: Buffer | null): void {
    this.#connection = null;
    const relay = this.#relay;
    if (relay === null) {
      this.#nextLeg();
      return;
    }
    this.#recording.progress.lastByteUs = this.#recording.elapsed();
    relay.finish(() => this.#onResponseRead(relay.rest(raw)));
  }

  onUpgrade(head: ResponseHead, socket: Socket, rest: Buffer | null): void {
    this.#connection = null;
    if (this.#input.upgrade === null) {
      socket.destroy();
      const { href } = this.#input.endpoint.origin;
      this.onFailure(protocolFailure(href, 'it switched protocols without being asked'));
      return;
    }
    const tunnel = new ExchangeTunnel(this.#input, this.#recording, socket, (ending) =>
      this.#conclude(ending, () => tunnel.close()),
    );
    this.#tunnel = tunnel;
    tunnel.open(head, rest, this.#context.responseHeaders);
  }

  onUpstreamDrain(): void {
    this.#sender.drained();
  }

  onFailure(failure: UpstreamFailure): void {
    this.#connection = null;
    const { progress } = this.#recording;
    progress.status = this.#input.client.headSent ? progress.status : failure.status;
    const ending = endingOfFailure(failure, progress);
    this.#readThenConclude(ending, () => this.#refuse(failureProblem(failure)));
  }

  #onOpenedWritten(error: Error | null): void {
    if (this.#concluded) {
      return;
    }
    this.#recording.progress.overheadUs = this.#recording.elapsed();
    if (error !== null && this.#context.onJournalFailure === 'refuse') {
      this.#reject(journalUnavailable(error), 'no');
    } else {
      this.#attempt(() => this.#sendWhenReady());
    }
  }

  #sendWhenReady(): void {
    this.#sender.whenReady(
      () => this.#acquire(),
      (problem) => this.#reject(problem, 'no'),
    );
  }

  #acquire(): void {
    if (!this.#concluded) this.#input.endpoint.connections.acquire(this);
  }

  /** A response that the client does not get: go on as `nextStep` said. */
  #nextLeg(): void {
    const step = this.#step;
    const { progress } = this.#recording;
    if (this.#concluded) {
      return;
    }
    if (step.step === 'repeat') {
      progress.retries += 1;
      this.#repeatTimer = setTimeout(() => this.#acquire(), step.delayMs);
    } else if (step.step === 'follow') {
      progress.legs += 1;
      progress.functionCallId = step.functionCallId;
      this.#sender.follow(step.location);
      this.#acquire();
    }
  }

  #onResponseRead(rest: Buffer | null): void {
    if (this.#concluded) {
      return;
    }
    const { endpoint, client } = this.#input;
    if (this.#step.step === 'park') {
      this.#park(this.#step.functionCallId, null, () => client.end(rest));
      return;
    }
    const ending = endingOfResponse(this.#recording.progress, endpoint.origin.hostname);
    endpoint.noteEnd(ending.errorClass, this.#context.clock.monotonic(), (blocked) =>
      this.#conclude(ending, () => client.end(rest), blocked),
    );
  }

  /** The leg is over, the request is not: it waits for its client to come back. */
  #park(functionCallId: string, broken: Ending | null, release: () => void): void {
    const exchange = this.#recording.park(functionCallId, this.#sender, broken);
    // At once: a client that left may be back before the entry is written.
    this.#context.chains.park(exchange);
    this.#end({ type: 'parked', parked: exchange.parked }, release);
  }

  #reject(problem: Problem, paid: Ending['paid']): void {
    const { progress } = this.#recording;
    progress.status = this.#input.client.headSent ? progress.status : problem.status;
    const ending: Ending = { outcome: 'rejected', errorClass: problem.errorClass, paid };
    this.#stopEarly(ending, () => this.#refuse(problem));
  }

  #refuse(problem: Problem): void {
    this.#input.client.problem(problem, this.#input.opened.id);
  }

  #onClientClose(): void {
    if (this.#tunnel !== null) {
      this.#tunnel.clientGone();
    } else if (!this.#concluded) {
      this.#stopEarly(endingOfAbort(this.#recording.progress, 'client_abort'), () => {});
    }
  }

  /** Ends a request whose response will not be waited for: the upstream is dropped at once. */
  #stopEarly(ending: Ending, release: () => void): void {
    if (this.#concluded) return;
    this.#input.endpoint.connections.cancel(this);
    if (this.#repeatTimer !== null) clearTimeout(this.#repeatTimer);
    this.#connection?.abort();
    this.#connection = null;
    this.#tunnel?.close();
    this.#readThenConclude(ending, release);
  }

  /** Takes what the part of the body that has come says, and ends. */
  #readThenConclude(ending: Ending, release: () => void): void {
    const relay = this.#relay;
    this.#relay = null;
    const conclude = (): void => this.#conclude(ending, release);
    if (relay === null) conclude();
    else relay.finish(conclude);
  }

  /** The one end of every request, or of a wait that the client may take up again. */
  #conclude(ending: Ending, release: () => void, eventLoopBlocked = false): void {
    if (this.#concluded) return;
    const functionCallId = this.#recording.callToComeBackFor(ending);
    if (functionCallId !== null) {
      this.#park(functionCallId, ending, release);
      return;
    }
    const closed = this.#recording.close(ending, this.#sender, eventLoopBlocked);
    this.#end({ type: 'closed', request: closed }, release);
  }

  /** Writes what was measured, then lets the client see the end. */
  #end(entry: LastEntry, release: () => void): void {
    this.#concluded = true;
    this.#input.endpoint.inFlight -= 1;
    this.#context.journal.append(entry, () => {
      this.#attempt(release);
      this.#input.ended(entry.type === 'closed' ? entry.request : null);
      this.#sender.stop();
    });
  }

  /** A defect in passing one request on must not take the others with it. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#context.log.error(
        { error, request: this.#input.opened.id },
        'a request could not be passed on',
      );
      this.#connection?.abort();
      this.#input.client.destroy();
    }
  }
}
