import { gunzipSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import type { ContainerFact } from '../../src/ports/collector.ts';
import { type ContainerFacts, containerFacts } from './container-facts.ts';
import { decodeRequest, encodeResponse, encodeStatus } from './otlp-messages.ts';
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
  const read =
    type === PROTOBUF || type === JSON_TYPE ? readBody(type, encoding, body) : otherType(type);
  return 'problem' in read ? refused(type, read.status, read.problem) : accepted(type, read);
}

/** What is wrong with a push, and the status that says it. */
interface Problem {
  readonly status: number;
  readonly problem: string;
}

function otherType(type: string): Problem {
  const problem = `content type ${JSON.stringify(type)}: send ${PROTOBUF} or ${JSON_TYPE}`;
  return { status: 415, problem };
}

function readBody(
  type: string,
  encoding: string | undefined,
  body: Uint8Array,
): ContainerFacts | Problem {
  if (body.length > MAX_BODY_BYTES) {
    return {
      status: 413,
      problem: `body of ${body.length} bytes: at most ${MAX_BODY_BYTES} are read`,
    };
  }
  const plain = unpacked(encoding, body);
  return plain instanceof Uint8Array ? factsOf(type, plain) : plain;
}

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

function unpacked(encoding: string | undefined, body: Uint8Array): Uint8Array | Problem {
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
        return { status: 415, problem: `content encoding ${JSON.stringify(name)}: send gzip` };
    }
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    return tooLarge
      ? { status: 413, problem: `unpacks to more than ${MAX_UNPACKED_BYTES} bytes` }
      : { status: 400, problem: `not ${name}: ${textOf(error)}` };
  }
}

function factsOf(type: string, bytes: Uint8Array): ContainerFacts | Problem {
  const problem = (why: string): Problem => {
    return { status: 400, problem: `not an ExportMetricsServiceRequest: ${why}` };
  };
  try {
    const message =
      type === PROTOBUF ? decodeRequest(bytes) : JSON.parse(Buffer.from(bytes).toString('utf8'));
    const parsed = metricsRequest.safeParse(message);
    return parsed.success ? containerFacts(parsed.data) : problem(z.prettifyError(parsed.error));
  } catch (error) {
    return problem(textOf(error));
  }
}

function accepted(type: string, { facts, rejected }: ContainerFacts): ReceivedMetrics {
  const partialSuccess = {
    rejectedDataPoints: String(rejected),
    errorMessage: 'no instant, or no number of at least 0',
  };
  const response = rejected === 0 ? {} : { partialSuccess };
  const body = type === PROTOBUF ? encodeResponse(response) : textBytes(response);
  return { facts, rejected, reply: { status: 200, type, body } };
}

/** `INVALID_ARGUMENT` of `google.rpc.Code`. */
const INVALID_ARGUMENT = 3;

/** OTLP wants a `Status` in the encoding of the request; who sent another gets JSON. */
function refused(type: string, status: number, message: string): ReceivedMetrics {
  const answer = { code: INVALID_ARGUMENT, message };
  const reply =
    type === PROTOBUF
      ? { status, type, body: encodeStatus(answer) }
      : { status, type: JSON_TYPE, body: textBytes(answer) };
  return { facts: [], rejected: 0, reply };
}

function textBytes(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
