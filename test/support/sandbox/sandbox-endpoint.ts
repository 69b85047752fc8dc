import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Container } from './container-pool.ts';
import { ContainerRun } from './container-run.ts';
import { EDGE, type EdgeRefusal, edgeRefusal, rawRefusal } from './edge-refusal.ts';
import type { EdgeState, SandboxEndpointSettings } from './endpoint-settings.ts';
import { FunctionCall } from './function-call.ts';
import { LivePool } from './live-pool.ts';
import type { Call, Exchange, ExchangeEnd, SandboxLog } from './sandbox-log.ts';

/** Name of the query parameter in a 303's `Location`. */
const CALL_ID_PARAMETER = '__modal_function_call_id';

const KEPT_CALLS = 2_000;

interface LiveCall {
  readonly call: FunctionCall;
  readonly pool: LivePool;
  readonly logged: Call;
  readonly cancel: AbortController;
  settled: boolean;
}

/** One web function or Server: its edge, its containers, its calls. */
export class SandboxEndpoint {
  readonly name: string;
  readonly settings: SandboxEndpointSettings;
  /** Turns the edge against all callers; `live` serves. */
  state: EdgeState = 'live';
  readonly #clock: Clock;
  readonly #log: SandboxLog;
  readonly #pools = new Map<string, LivePool>();
  readonly #container: ContainerRun;
  readonly #calls = new Map<string, LiveCall>();
  readonly #sockets = new WebSocketServer({ noServer: true });
  #ids = 0;

  constructor(name: string, settings: SandboxEndpointSettings, clock: Clock, log: SandboxLog) {
    this.name = name;
    this.settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#container = new ContainerRun(settings, clock);
    if (settings.poolParameters.length === 0) this.#poolOf('/');
  }

  get containers(): readonly Container[] {
    return [...this.#pools.values()].flatMap((pool) => pool.containers);
  }

  /** Inputs that wait for a container. */
  get queued(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.queued, 0);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const exchange = this.#exchange(request);
    response.on('close', () => this.#closeExchange(exchange, response));
    response.on('error', () => {});
    const refusal = edgeRefusal(request, this.settings, this.state);
    if (refusal !== null) {
      this.#refuse(exchange, response, refusal);
      return;
    }
    const callId = new URL(request.url ?? '/', 'http://edge').searchParams.get(CALL_ID_PARAMETER);
    if (callId === null) this.#invoke(exchange, request, response);
    else this.#resume(exchange, { request, response, callId });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const exchange = this.#exchange(request);
    socket.on('error', () => {});
    const refusal = edgeRefusal(request, this.settings, this.state);
    if (refusal !== null) {
      socket.end(rawRefusal(refusal));
      this.#end(exchange, 'edge', refusal.status);
      return;
    }
    const live = this.#newCall(exchange);
    void live.pool.enter(live.call.id).then((admission) => {
      if (admission === null) {
        socket.end(rawRefusal(EDGE.noReadyContainer));
        this.#settle(live, 'refused');
        return;
      }
      this.#started(live, admission.container, 0);
      this.#sockets.handleUpgrade(request, socket, head, (peer) =>
        this.#echo(peer, live, exchange),
      );
    });
  }

  close(): void {
    for (const live of this.#calls.values()) live.cancel.abort();
    for (const pool of this.#pools.values()) pool.close();
    this.#sockets.close();
  }

  #echo(peer: WebSocket, live: LiveCall, exchange: Exchange): void {
    exchange.status = 101;
    peer.on('message', (data, binary) => peer.send(data, { binary }));
    peer.on('error', () => {});
    peer.on('close', () => {
      this.#settle(live, 'finished');
      this.#end(exchange, 'completed', 101);
    });
  }

  #poolOf(url: string): LivePool {
    const query = new URL(url, 'http://edge').searchParams;
    const key = this.settings.poolParameters.map((name) => query.get(name)).join('\n');
    const pool =
      this.#pools.get(key) ?? new LivePool(this.settings, this.#clock, () => this.#newId('ta'));
    this.#pools.set(key, pool);
    return pool;
  }

  #exchange(request: IncomingMessage): Exchange {
    const mark = request.headers['x-sandbox-mark'];
    const exchange: Exchange = {
      endpoint: this.name,
      mark: typeof mark === 'string' ? mark : null,
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      rawHeaders: request.rawHeaders,
      receivedAt: this.#clock.now(),
      callId: null,
      status: null,
      endedAt: null,
      end: 'open',
    };
    this.#log.exchanges.push(exchange);
    this.#log.changed();
    return exchange;
  }

  #refuse(exchange: Exchange, response: ServerResponse, refusal: EdgeRefusal): void {
    this.#end(exchange, 'edge', refusal.status);
    response.writeHead(refusal.status, {
      'content-type': 'text/plain',
      'content-length': String(Buffer.byteLength(refusal.body)),
    });
    response.end(refusal.body);
  }

  #newCall(exchange: Exchange): LiveCall {
    const call = new FunctionCall(this.#newId('fc'));
    const logged: Call = {
      id: call.id,
      endpoint: this.name,
      mark: exchange.mark,
      queuedAt: this.#clock.now(),
      bytesIn: 0,
      containerId: null,
      startedAt: null,
      finishedAt: null,
      retries: 0,
      status: null,
      end: 'queued',
    };
    exchange.callId = call.id;
    const pool = this.#poolOf(exchange.url);
    const live = { call, pool, logged, cancel: new AbortController(), settled: false };
    this.#log.calls.push(logged);
    this.#calls.set(call.id, live);
    this.#forgetOldest();
    this.#log.changed();
    return live;
  }

  /** A result can be fetched again for a while, not for ever. */
  #forgetOldest(): void {
    const [oldest] = this.#calls;
    if (this.#calls.size > KEPT_CALLS && oldest?.[1].settled) this.#calls.delete(oldest[0]);
  }

  #invoke(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
    const live = this.#newCall(exchange);
    this.#wait(exchange, { request, response, live });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => {
      live.logged.bytesIn += chunk.length;
      chunks.push(chunk);
    });
    request.on('error', () => {});
    request.on('end', () => void this.#run(live, request, Buffer.concat(chunks)));
  }

  /** A follow-up of a 303 waits for the same call. It starts nothing. */
  #resume(
    exchange: Exchange,
    leg: {
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
      readonly callId: string;
    },
  ): void {
    const live = this.#calls.get(leg.callId);
    if (leg.request.method !== 'GET') {
      this.#refuse(exchange, leg.response, EDGE.badRedirectMethod);
    } else if (live === undefined) {
      this.#refuse(exchange, leg.response, EDGE.invalidFunctionCall);
    } else {
      exchange.callId = live.call.id;
      leg.request.resume();
      this.#wait(exchange, { request: leg.request, response: leg.response, live });
    }
  }

  /** The caller waits: for the response, at most for the HTTP limit, or until it hangs up. */
  #wait(
    exchange: Exchange,
    leg: {
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
      readonly live: LiveCall;
    },
  ): void {
    const { request, response, live } = leg;
    live.call.attach(response);
    const limit = setTimeout(() => {
      if (response.headersSent || this.settings.kind === 'server') return;
      live.call.detach();
      this.#end(exchange, 'redirected', 303);
      response.writeHead(303, { location: this.#location(request, live), 'content-length': '0' });
      response.end();
    }, this.settings.httpLimitUs / 1_000);
    response.on('close', () => {
      clearTimeout(limit);
      if (exchange.end === 'redirected' || response.writableFinished) return;
      live.call.detach();
      setTimeout(() => live.cancel.abort(), this.settings.cancelGraceUs / 1_000).unref();
      if (!request.complete) this.#settle(live, 'cancelled');
    });
  }

  #location(request: IncomingMessage, live: LiveCall): string {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? this.settings.host}`);
    url.searchParams.set(CALL_ID_PARAMETER, live.call.id);
    return this.settings.location === 'absolute' ? url.href : url.search;
  }

  async #run(live: LiveCall, request: IncomingMessage, body: Buffer): Promise<void> {
    const { signal } = live.cancel;
    signal.addEventListener('abort', () => {
      if (signal.reason !== EDGE.functionTimedOut) this.#settle(live, 'cancelled');
    });
    const admission = await live.pool.enter(live.call.id);
    if (admission === null) {
      live.call.head(EDGE.noReadyContainer.status, { 'content-length': '0' });
      live.call.end();
      this.#settle(live, 'refused');
      return;
    }
    this.#started(live, admission.container, admission.retries);
    await this.#container.run(live.call, admission, { request, body }, live.cancel);
    this.#settle(live, 'finished');
  }

  #started(live: LiveCall, container: Container, retries: number): void {
    live.logged.containerId = container.id;
    live.logged.startedAt = this.#clock.now();
    live.logged.retries = retries;
    live.logged.end = 'running';
    this.#log.changed();
  }

  #settle(live: LiveCall, end: Call['end']): void {
    if (live.settled) return;
    live.settled = true;
    live.pool.leave(live.call.id);
    live.logged.finishedAt = this.#clock.now();
    live.logged.status = live.call.status;
    live.logged.end = end;
    this.#log.changed();
  }

  #closeExchange(exchange: Exchange, response: ServerResponse): void {
    if (exchange.end !== 'open') return;
    const complete = response.writableFinished;
    const status = response.headersSent ? response.statusCode : null;
    const cut = exchange.callId !== null && this.#calls.get(exchange.callId)?.call.ended === true;
    this.#end(exchange, complete ? 'completed' : cut ? 'reset' : 'client_left', status);
  }

  #end(exchange: Exchange, end: ExchangeEnd, status: number | null): void {
    exchange.end = end;
    exchange.status = status;
    exchange.endedAt = this.#clock.now();
    this.#log.changed();
  }

  #newId(prefix: 'ta' | 'fc'): string {
    this.#ids += 1;
    return `${prefix}-${this.name}${String(this.#ids).padStart(8, '0')}`;
  }
}
