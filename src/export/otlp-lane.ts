import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ExportStream } from '../ports/export-source.ts';
import type { Delivery } from './delivery.ts';
import { type HttpPost, httpPost } from './http-post.ts';
import { encodeOtlpJson } from './otlp/otlp-json.ts';
import { type ExportIdentity, OtlpProtobufEncoder } from './otlp/otlp-protobuf.ts';
import type { SinkLane } from './sink.ts';
import { type EndpointOf, itemSpans } from './spans/item-spans.ts';
import type { SpanRecord } from './spans/span-record.ts';

export interface OtlpLaneSettings {
  readonly stream: ExportStream;
  readonly batchItems: number;
  readonly post: HttpPost;
  /** `protobuf` unless a person wants to read along: some receivers take nothing else. */
  readonly encoding: 'protobuf' | 'json';
  readonly gzip: boolean;
  readonly identity: ExportIdentity;
  readonly endpointOf: EndpointOf;
}

const compress = promisify(gzip);

/** Spans of a stream to an OTLP/HTTP receiver. */
export function otlpLane(settings: OtlpLaneSettings): SinkLane {
  const encoder = new OtlpProtobufEncoder();
  const post: HttpPost = {
    ...settings.post,
    headers: {
      ...settings.post.headers,
      'content-type': settings.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      ...(settings.gzip ? { 'content-encoding': 'gzip' } : {}),
    },
  };
  const encode = (spans: readonly SpanRecord[], attempt: number): Buffer<ArrayBuffer> => {
    const { resource, scope } = settings.identity;
    const identity = { scope, resource: { ...resource, 'export.attempt': attempt } };
    return settings.encoding === 'json'
      ? Buffer.from(encodeOtlpJson(spans, identity))
      : encoder.encode(spans, identity);
  };
  return {
    stream: settings.stream,
    batchItems: settings.batchItems,
    deliver: async (items, { attempt, signal }) => {
      const spans = items.flatMap((item) => itemSpans(item, settings.endpointOf));
      const plain = encode(spans, attempt);
      const body = settings.gzip ? await compress(plain, { level: 1 }) : plain;
      return httpPost(post, body, signal, judgeAnswer);
    },
  };
}

/** A 2xx may still have refused spans; which ones it does not say. */
async function judgeAnswer(answer: Buffer, contentType: string): Promise<Delivery> {
  const partial = await partialSuccess(answer, contentType);
  const rejected = Number(partial?.rejectedSpans ?? 0);
  if (!(rejected > 0)) return { kind: 'accepted' };
  const message = partial?.errorMessage ?? 'no reason given';
  return { kind: 'refused', reason: `partial success, ${rejected} spans rejected: ${message}` };
}

async function partialSuccess(answer: Buffer, contentType: string) {
  if (answer.length === 0) return undefined;
  try {
    if (contentType.includes('json')) {
      return (JSON.parse(answer.toString('utf8')) as JsonAnswer | null)?.partialSuccess;
    }
    const { ProtobufTraceSerializer } = await import('@opentelemetry/otlp-transformer');
    return ProtobufTraceSerializer.deserializeResponse(answer).partialSuccess;
  } catch {
    // A receiver that answers 2xx with something else than OTLP has said all that counts with the 2xx.
    return undefined;
  }
}

interface JsonAnswer {
  readonly partialSuccess?: {
    readonly rejectedSpans?: number | string;
    readonly errorMessage?: string;
  };
}
