import { traceIdOf, uuidv7 } from '../../../src/core/ids.ts';
import { NO_CLAIMS } from '../../../src/core/nothing-known.ts';
import type {
  ClosedRequest,
  OpenedRequest,
  RequestCost,
} from '../../../src/core/request-record.ts';
import type { EpochMicros } from '../../../src/core/units.ts';

/** Deterministic random numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const SAMPLE_START: EpochMicros = Date.UTC(2026, 10, 24, 9) * 1_000;

export function sampleOpened(
  over: Partial<OpenedRequest> = {},
  random = Math.random,
): OpenedRequest {
  const startedAt = over.startedAt ?? SAMPLE_START;
  const id =
    over.id ??
    uuidv7(
      startedAt,
      Buffer.from(Array.from({ length: 10 }, () => random() * 256)).toString('hex'),
    );
  return {
    id,
    endpoint: 'generate',
    pool: null,
    operation: 'plan',
    client: 'ci',
    group: null,
    tags: null,
    method: 'POST',
    path: '/v1/chat/completions',
    startedAt,
    traceId: traceIdOf(id),
    parentSpanId: null,
    clientCountry: null,
    ...over,
  };
}

export function sampleClosed(
  over: Partial<ClosedRequest> = {},
  random = Math.random,
): ClosedRequest {
  const durationUs = over.durationUs ?? 2_000_000;
  return {
    ...sampleOpened(over, random),
    ...NO_CLAIMS,
    model: 'qwen2.5-coder-32b',
    tokensIn: 210,
    tokensOut: 380,
    tokensCached: null,
    tokensReasoning: null,
    finishReason: 'stop',
    outcome: 'ok',
    status: 200,
    errorClass: null,
    paid: 'yes',
    diagnosis: null,
    sentUs: 340,
    firstByteUs: Math.floor(durationUs * 0.3),
    firstTokenUs: Math.floor(durationUs * 0.31),
    lastByteUs: durationUs - 150,
    upstreamEndUs: null,
    durationUs,
    overheadUs: 230,
    execEstimateUs: durationUs - 500,
    bytesIn: 1_450,
    bytesOut: 9_300,
    chunks: 381,
    streamed: true,
    contentType: 'text/event-stream',
    contentEncoding: null,
    digest: null,
    legs: 1,
    retries: 0,
    ...over,
  };
}

/** A price as plain as one can be: 694 nano-dollars per millisecond, provisional. */
export function samplePrice(closed: ClosedRequest): RequestCost {
  const exec = closed.execEstimateUs;
  const nano = exec === null ? null : Math.floor(exec * 0.694);
  return {
    costState: exec === null ? 'unpriced' : 'provisional',
    attribution: 'inferred',
    priceId: 'A100-80GB@2026-01-01',
    gpuUs: exec,
    execNano: nano,
    overheadNano: null,
    totalNano: nano,
    lowNano: nano,
    highNano: nano === null ? null : nano + 41_640_000,
  };
}

/** A mixed stream of requests as a busy proxy sees them, in order of their start. */
export function* sampleTraffic(
  count: number,
  { seed = 1, startedAt = SAMPLE_START, everyUs = 50_000 } = {},
): Generator<ClosedRequest> {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  for (let index = 0; index < count; index++) {
    const started = startedAt + index * everyUs + Math.floor(random() * everyUs);
    yield sampleClosed(
      {
        startedAt: started,
        endpoint: pick(['generate', 'generate', 'chat', 'health']),
        operation: pick(['plan', 'code', 'review', null]),
        client: pick(['ci', 'web', null]),
        durationUs: Math.floor(200_000 * Math.exp(random() * 4)),
        tokensIn: Math.floor(random() * 2_000),
        tokensOut: Math.floor(random() * 800),
        bytesIn: Math.floor(random() * 8_000),
        bytesOut: Math.floor(random() * 20_000),
        containerId: pick([`ta-01KG${Math.floor(index / 5_000)}`, null, null, null, null]),
        ...pick([STREAM, WHOLE]),
        ...(random() < 0.97 ? null : pick([FAILED, ABORTED])),
      },
      random,
    );
  }
}

const STREAM = { streamed: true, chunks: 381, contentType: 'text/event-stream' };
const WHOLE = { streamed: false, chunks: 1, contentType: 'application/json', firstTokenUs: null };
const FAILED = { outcome: 'upstream_error', status: 500, errorClass: 'container_error' } as const;
const ABORTED = { outcome: 'client_abort', status: 200, errorClass: 'client_abort' } as const;
