import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decodeOtlp, decodeOtlpIds, partialSuccessBody, type ReceivedSpan } from './decode-otlp.ts';

/** What the receiver does with a request. */
export type OtlpAnswer =
  | { readonly kind: 'accept' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** 200, with this many spans rejected; none of the batch is stored. */
  | { readonly kind: 'partial'; readonly rejected: number; readonly message: string }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** Stores the spans and drops the connection: the sender cannot know. */
  | { readonly kind: 'storeAndReset' };

export interface OtlpRequest {
  readonly headers: IncomingMessage['headers'];
  readonly url: string;
  readonly body: Buffer;
  readonly spans: readonly ReceivedSpan[];
}

export interface FakeOtlp {
  readonly url: string;
  /** Spans stored, in the order of their arrival. */
  readonly spans: ReceivedSpan[];
  /** Every request, stored or not. */
  readonly requests: OtlpRequest[];
  /** Decides what happens to each request; replace it at any time. */
  behave(answer: (request: OtlpRequest) => OtlpAnswer): void;
  /** Resolves when `count` spans are stored. */
  stored(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface FakeOtlpSettings {
  /** `ids`: reads a span's ids and nothing else, and keeps no bodies, for millions of spans. */
  readonly decode?: 'all' | 'ids';
  /** Default: any free one. */
  readonly port?: number;
}

/** An OTLP/HTTP trace receiver on a free port, which reads protobuf by the official definitions. */
export async function startFakeOtlp(settings: FakeOtlpSettings = {}): Promise<FakeOtlp> {
  const decode = settings.decode === 'ids' ? decodeOtlpIds : decodeOtlp;
  const spans: ReceivedSpan[] = [];
  const requests: OtlpRequest[] = [];
  let answerTo: (request: OtlpRequest) => OtlpAnswer = () => ({ kind: 'accept' });
  let waiting: { count: number; resolve: () => void }[] = [];
  const store = (received: readonly ReceivedSpan[]) => {
    for (const span of received) spans.push(span);
    for (const each of waiting) if (spans.length >= each.count) each.resolve();
    waiting = waiting.filter((each) => spans.length < each.count);
  };
  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming, decode);
    requests.push(settings.decode === 'ids' ? { ...request, body: NOTHING, spans: [] } : request);
    const answer = answerTo(request);
    if (answer.kind === 'accept' || answer.kind === 'storeAndReset') store(request.spans);
    respond(response, answer);
  });
  await new Promise<void>((resolve) => server.listen(settings.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    requests,
    behave: (answer) => {
      answerTo = answer;
    },
    stored: (count) =>
      new Promise((resolve) => {
        if (spans.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const NOTHING = Buffer.alloc(0);

async function readRequest(
  incoming: IncomingMessage,
  decode: (body: Uint8Array) => ReceivedSpan[],
): Promise<OtlpRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const sent = Buffer.concat(chunks);
  const body = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
  const isProtobuf = incoming.headers['content-type'] === 'application/x-protobuf';
  return {
    headers: incoming.headers,
    url: incoming.url ?? '',
    body,
    spans: isProtobuf ? decode(body) : [],
  };
}

function respond(response: ServerResponse, answer: OtlpAnswer): void {
  switch (answer.kind) {
    case 'accept':
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      return;
    case 'status':
      response.writeHead(answer.status, answer.headers ?? {}).end(answer.body ?? '');
      return;
    case 'partial':
      response
        .writeHead(200, { 'content-type': 'application/x-protobuf' })
        .end(partialSuccessBody(answer.rejected, answer.message));
      return;
    case 'hang':
      return;
    case 'reset':
    case 'storeAndReset':
      response.socket?.resetAndDestroy();
  }
}
