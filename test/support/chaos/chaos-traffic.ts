import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the client saw of one logical request. */
export interface ClientRecord {
  readonly mark: string;
  readonly kind: TrafficKind;
  /** A connection took the request: it may have reached the upstream. */
  sent: boolean;
  /** Of the last response head. */
  status: number | null;
  /** From `x-tripmeter-request-id` of the first response head. */
  requestId: string | null;
  /** The end of the final response was seen. */
  complete: boolean;
  legs: number;
}

export type TrafficKind = 'json' | 'sse' | 'redirect' | 'abort' | 'failure' | 'upload';

interface Kind {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const chat = (stream: boolean) => JSON.stringify({ stream, messages: [{ content: 'hello' }] });
const CHAT = '/chat/v1/chat/completions';

const KINDS: Record<TrafficKind, Kind> = {
  json: { path: CHAT, headers: {}, body: chat(false) },
  sse: { path: CHAT, headers: {}, body: chat(true) },
  redirect: {
    path: '/solve/run?x=1',
    headers: { 'x-sandbox-generation-ms': '150' },
    body: JSON.stringify({ prompt: 'p', schema: {} }),
  },
  abort: { path: CHAT, headers: { 'x-sandbox-token-ms': '20' }, body: chat(true) },
  failure: { path: CHAT, headers: { 'x-sandbox-fault': 'container-500' }, body: chat(false) },
  upload: { path: CHAT, headers: {}, body: chat(false).padEnd(200_000) },
};
const MIX: readonly TrafficKind[] = [
  'json',
  'sse',
  'redirect',
  'json',
  'abort',
  'sse',
  'failure',
  'upload',
];
const MAX_HOPS = 20;

export interface ChaosTrafficOptions {
  readonly baseUrl: string;
  readonly workers: number;
  /** Before each mark: tells runs apart. */
  readonly prefix: string;
  /** Kinds in turn. Default: a mix of all. */
  readonly kinds?: readonly TrafficKind[];
  /** How many finished records are remembered, about. Default: all. */
  readonly keepRecords?: number;
  /** Pause of each worker after a request. Default 0. */
  readonly pauseMs?: number;
}

/** Closed-loop load that goes on over any number of crashes of the proxy, and remembers what it saw. */
export class ChaosTraffic {
  readonly records: ClientRecord[] = [];
  readonly #options: ChaosTrafficOptions;
  readonly #agent = new Agent({ keepAlive: true });
  #running = true;
  #workers: Promise<unknown>;
  #kinds = 0;

  constructor(options: ChaosTrafficOptions) {
    this.#options = options;
    this.#workers = Promise.all(Array.from({ length: options.workers }, () => this.#work()));
  }

  /** Requests begun so far. */
  get begun(): number {
    return this.#kinds;
  }

  /** No new requests; resolves when the running ones are over. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#workers;
    this.#agent.destroy();
  }

  async #work(): Promise<void> {
    const kinds = this.#options.kinds ?? MIX;
    while (this.#running) {
      const kind = kinds[this.#kinds % kinds.length] ?? 'json';
      this.#kinds += 1;
      const record: ClientRecord = {
        mark: `${this.#options.prefix}-${this.#kinds}`,
        kind,
        sent: false,
        status: null,
        requestId: null,
        complete: false,
        legs: 0,
      };
      this.records.push(record);
      this.#forget();
      await this.#send(record, KINDS[kind]);
      await sleep(record.sent ? (this.#options.pauseMs ?? 0) : 10);
    }
  }

  #forget(): void {
    const keep = this.#options.keepRecords ?? Number.POSITIVE_INFINITY;
    if (this.records.length > 2 * keep) this.records.splice(0, keep);
  }

  async #send(record: ClientRecord, kind: Kind): Promise<void> {
    let url = new URL(this.#options.baseUrl + kind.path);
    let method = 'POST';
    while (record.legs <= MAX_HOPS) {
      const leg = await this.#leg(record, { url, method, kind });
      // Between two hops nothing is lost with the connection: the client may come back.
      if (leg === 'refused' && record.legs > 0 && this.#running) {
        await sleep(10);
        continue;
      }
      if (leg === 'refused' || leg === 'cut') return;
      record.legs += 1;
      if (leg.location === null) {
        record.complete = true;
        return;
      }
      url = new URL(leg.location, url);
      method = 'GET';
    }
  }

  #leg(
    record: ClientRecord,
    leg: { readonly url: URL; readonly method: string; readonly kind: Kind },
  ): Promise<'refused' | 'cut' | { readonly location: string | null }> {
    const { url, method, kind } = leg;
    return new Promise((resolve) => {
      const sent = request(url, {
        method,
        agent: this.#agent,
        headers: {
          ...kind.headers,
          ...(method === 'POST' ? { 'content-length': Buffer.byteLength(kind.body) } : {}),
          'x-sandbox-mark': record.mark,
          'x-tripmeter-tag-mark': record.mark,
        },
      });
      let connected = false;
      sent.on('socket', (socket) => {
        const took = () => {
          connected = true;
          record.sent = true;
        };
        if (socket.connecting) socket.once('connect', took);
        else took();
      });
      sent.on('error', () => resolve(connected ? 'cut' : 'refused'));
      sent.on('response', (response) => {
        record.status = response.statusCode ?? null;
        record.requestId ??= headerOf(response, 'x-tripmeter-request-id');
        response.on('error', () => {});
        if (record.kind === 'abort') response.once('data', () => sent.destroy());
        response.resume();
        response.on('close', () => {
          const location = response.statusCode === 303 ? headerOf(response, 'location') : null;
          resolve(response.complete ? { location } : 'cut');
        });
      });
      sent.end(method === 'POST' ? kind.body : undefined);
    });
  }
}

function headerOf(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name];
  return typeof value === 'string' ? value : null;
}
