import { gunzipSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import type { ContainerFact } from '../../src/ports/collector.ts';
import { containerFacts } from './container-facts.ts';
import { decodeRequest, encodeResponse } from './otlp-messages.ts';
import { metricsRequest } from './wire.ts';

/** Larger bodies are refused: the route that reads them stops here. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 32 * 1024 * 1024;

/** What a push said, and the answer that OTLP/HTTP wants for it. */
export interface ReceivedMetrics {
  readonly facts: readonly ContainerFact[];
  /** Data points that could not be used. */
  readonly rejected: number;
  readonly reply: { readonly status: number; readonly type: string; readonly body: Uint8Array };
}

/**
 * Reads one OTLP/HTTP metrics request, protobuf or JSON, plain or compressed. Never throws: what cannot be read
 * gets the status that makes a sender stop (400, 413, 415) rather than send it again for ever.
 */
export function receiveMetrics(
  contentType: string | undefined,
  encoding: string | undefined,
  body: Uint8Array,
): ReceivedMetrics {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== PROTOBUF && type !== JSON_TYPE) {
    return refused(415, `content type ${JSON.stringify(type)}: send ${PROTOBUF} or ${JSON_TYPE}`);
  }
  if (body.length > MAX_BODY_BYTES) {
    return refused(413, `body of ${body.length} bytes: at most ${MAX_BODY_BYTES} are read`);
  }
  const plain = unpacked(encoding, body);
  if (!(plain instanceof Uint8Array)) {
    return refused(plain.status, plain.message);
  }
  return received(type, plain);
}

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

function unpacked(
  encoding: string | undefined,
  body: Uint8Array,
): Uint8Array | { status: number; message: string } {
  const name = encoding?.trim().toLowerCase() ?? 'identity';
  const options = { maxOutputLength: MAX_UNPACKED_BYTES };
  try {
    switch (name) {
      case 'identity':
      case '':
        return body;
      case 'gzip':
        return gunzipSync(body, options);
      case 'deflate':
        return inflateSync(body, options);
      default:
        return { status: 415, message: `content encoding ${JSON.stringify(name)}: send gzip` };
    }
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    return tooLarge
      ? { status: 413, message: `unpacks to more than ${MAX_UNPACKED_BYTES} bytes` }
      : { status: 400, message: `not ${name}: ${textOf(error)}` };
  }
}

function received(type: string, bytes: Uint8Array): ReceivedMetrics {
  try {
    const message =
      type === PROTOBUF ? decodeRequest(bytes) : JSON.parse(Buffer.from(bytes).toString('utf8'));
    const parsed = metricsRequest.safeParse(message);
    if (!parsed.success) {
      return refused(400, `not an ExportMetricsServiceRequest: ${z.prettifyError(parsed.error)}`);
    }
    const { facts, rejected } = containerFacts(parsed.data);
    return { facts, rejected, reply: accepted(type, rejected) };
  } catch (error) {
    return refused(400, `not an ExportMetricsServiceRequest: ${textOf(error)}`);
  }
}

function accepted(type: string, rejected: number): ReceivedMetrics['reply'] {
  const response =
    rejected === 0
      ? {}
      : {
          partialSuccess: {
            rejectedDataPoints: String(rejected),
            errorMessage: 'no instant or no count',
          },
        };
  const body = type === PROTOBUF ? encodeResponse(response) : Buffer.from(JSON.stringify(response));
  return { status: 200, type, body };
}

function refused(status: number, message: string): ReceivedMetrics {
  const body = Buffer.from(JSON.stringify({ code: 3, message }));
  return { facts: [], rejected: 0, reply: { status, type: JSON_TYPE, body } };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
