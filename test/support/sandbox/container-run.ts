import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { IDENTITY_HEADERS } from '../../../src/core/identity-headers.ts';
import type { Micros } from '../../../src/core/units.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { ContainerRequest } from './behaviour.ts';
import { EDGE } from './edge-refusal.ts';
import type { SandboxEndpointSettings } from './endpoint-settings.ts';
import { EventLoop } from './event-loop.ts';
import type { FunctionCall, Headers } from './function-call.ts';
import { identityClaims } from './identity-claims.ts';
import type { Admission } from './live-pool.ts';

/** Body of the 408 that the container sends when it read a request too late. */
const MISSING_REQUEST = 'Missing request, possibly due to expiry or cancellation';

/** Headers that Modal's edge puts on every answer of a web function. */
const edgeHeaders = (call: FunctionCall, settings: SandboxEndpointSettings): Headers =>
  settings.kind === 'server'
    ? {}
    : {
        'Modal-Function-Call-Id': call.id,
        'Alt-Svc': 'h3=":443"; ma=2592000',
        Vary: 'accept-encoding',
      };

/** One call inside its container. */
export class ContainerRun {
  readonly #settings: SandboxEndpointSettings;
  readonly #clock: Clock;
  readonly #loops = new Map<string, EventLoop>();

  constructor(settings: SandboxEndpointSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Runs the user's code; every way out ends the response. */
  async run(
    call: FunctionCall,
    admission: Admission,
    message: { readonly request: IncomingMessage; readonly body: Buffer },
    cancel: AbortController,
  ): Promise<void> {
    const timeout = setTimeout(
      () => cancel.abort(EDGE.functionTimedOut),
      this.#settings.functionTimeoutUs / 1_000,
    );
    const loop = this.#loopOf(admission);
    const entry = (await loop?.enter()) ?? { delayUs: 0, expired: false };
    const enteredAt = this.#clock.monotonic();
    call.extraHeaders = this.#headersAtEntry(call, admission, {
      delayUs: entry.delayUs,
      enteredAt,
    });
    try {
      if (entry.expired) {
        sendText(call, 408, MISSING_REQUEST);
        return;
      }
      await this.#handle(call, admission, message, cancel.signal);
    } catch (error) {
      this.#failed(call, cancel.signal, error);
    } finally {
      clearTimeout(timeout);
      if (!entry.expired) loop?.leave();
    }
  }

  #loopOf({ container }: Admission): EventLoop | null {
    if (!this.#settings.blockingHandler) return null;
    const loop =
      this.#loops.get(container.id) ??
      new EventLoop(this.#clock, this.#settings.firstMessageTimeoutUs);
    this.#loops.set(container.id, loop);
    return loop;
  }

  #headersAtEntry(
    call: FunctionCall,
    admission: Admission,
    entry: { readonly delayUs: Micros; readonly enteredAt: Micros },
  ): (headers: Headers) => Headers {
    const edge = edgeHeaders(call, this.#settings);
    if (!this.#settings.identityHeaders) return () => edge;
    const claims = identityClaims(admission.container, this.#settings, {
      at: this.#clock.now(),
      delayUs: entry.delayUs,
    });
    return (headers) => {
      if (!('content-length' in headers)) return { ...edge, ...claims };
      const handlerUs = Math.round(this.#clock.monotonic() - entry.enteredAt);
      return { ...edge, ...claims, [IDENTITY_HEADERS.handlerUs]: String(handlerUs) };
    };
  }

  async #handle(
    call: FunctionCall,
    admission: Admission,
    message: { readonly request: IncomingMessage; readonly body: Buffer },
    signal: AbortSignal,
  ): Promise<void> {
    const request = containerRequest(call, admission, message, signal);
    const fault = request.headers['x-sandbox-fault'];
    if (fault === undefined) {
      await this.#settings.behaviour(request, call);
    } else {
      await misbehave(fault, request, call);
    }
  }

  #failed(call: FunctionCall, signal: AbortSignal, error: unknown): void {
    if (call.started || call.ended) {
      call.reset();
      return;
    }
    if (signal.aborted && signal.reason !== EDGE.functionTimedOut) {
      call.reset();
      return;
    }
    const refusal = signal.aborted ? EDGE.functionTimedOut : null;
    sendText(call, refusal?.status ?? 500, refusal?.body ?? `Internal Server Error: ${error}`);
  }
}

function containerRequest(
  call: FunctionCall,
  { retries }: Admission,
  { request, body }: { readonly request: IncomingMessage; readonly body: Buffer },
  signal: AbortSignal,
): ContainerRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  headers['modal-function-call-id'] = call.id;
  headers['modal-retry-count'] = String(retries);
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers,
    body,
    signal,
    work: async (duration) => {
      await sleep(duration / 1_000, undefined, { signal });
    },
    knob: (name, fallback) => {
      const value = Number(headers[`x-sandbox-${name}`]);
      return Number.isFinite(value) ? value : fallback;
    },
  };
}

/** Faults of a container, asked for with `x-sandbox-fault`. */
async function misbehave(
  fault: string,
  request: ContainerRequest,
  call: FunctionCall,
): Promise<void> {
  await request.work(request.knob('fault-ms', 5) * 1_000);
  switch (fault) {
    case 'terminated':
      sendText(call, EDGE.functionTerminated.status, EDGE.functionTerminated.body);
      return;
    case 'function-timeout':
      sendText(call, EDGE.functionTimedOut.status, EDGE.functionTimedOut.body);
      return;
    case 'missing-request':
      sendText(call, 408, MISSING_REQUEST);
      return;
    case 'container-500':
      sendText(call, 500, 'Internal Server Error');
      return;
    case 'reset-before-head':
      call.reset();
      return;
    case 'reset-in-body':
      call.head(200, { 'content-type': 'text/event-stream' });
      call.write('data: {"choices":[{"index":0,"delta":{"content":"cut"}}]}\n\n');
      await request.work(5_000);
      call.reset();
      return;
    case 'hang':
      await request.work(2 ** 30 * 1_000);
      return;
    default:
      sendText(call, 500, `unknown x-sandbox-fault: ${fault}`);
  }
}

/** A short text answer. */
function sendText(call: FunctionCall, status: number, text: string): void {
  const body = Buffer.from(text);
  call.head(status, { 'content-type': 'text/plain', 'content-length': String(body.length) });
  call.end(body);
}
