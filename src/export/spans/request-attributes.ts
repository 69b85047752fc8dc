import type { EndpointSettings } from '../../core/endpoint.ts';
import type { LedgerRequest } from '../../core/request-record.ts';
import { MICROS_PER_SECOND, type Micros, NANO_PER_USD, type NanoUsd } from '../../core/units.ts';
import type { SpanAttributes } from './span-record.ts';

/** What is known of a whole request, for its SERVER span: HTTP, GenAI, OpenInference, Modal and cost. */
export function requestAttributes(
  request: LedgerRequest,
  endpoint: EndpointSettings | null,
): SpanAttributes[] {
  return [
    identityAttributes(request),
    httpAttributes(request),
    ...modelAttributes(request),
    modalAttributes(request, endpoint),
    costAttributes(request),
  ];
}

function identityAttributes(request: LedgerRequest): SpanAttributes {
  return {
    'proxy.request': true,
    'tripmeter.span': 'request',
    'request.id': request.id,
    'request.group': request.group,
    'request.operation': request.operation,
    'request.client': request.client,
    'request.outcome': request.outcome,
    'request.success': request.outcome === 'ok' ? 1 : 0,
    'request.paid': request.paid,
    'request.diagnosis': request.diagnosis,
    'request.legs': request.legs,
    'request.retries': request.retries,
    'request.chunks': request.chunks,
    'request.ttfb_ms': inMillis(request.firstByteUs),
    'request.first_token_ms': inMillis(request.firstTokenUs),
    'proxy.overhead_ms': inMillis(request.overheadUs),
    'error.type': request.errorClass,
    'session.id': request.group,
  };
}

function httpAttributes(request: LedgerRequest): SpanAttributes {
  return {
    'http.request.method': request.method,
    'http.response.status_code': request.status,
    'http.request.body.size': request.bytesIn,
    'http.response.body.size': request.bytesOut,
    'url.path': request.path,
    'geo.country.iso_code': request.clientCountry,
  };
}

/** Nothing for a request that shows no sign of a model: a health check is no generation. */
function modelAttributes(request: LedgerRequest): SpanAttributes[] {
  const operation = generationOperation(request);
  if (operation === null) return [];
  const { model, tokensIn, tokensOut, firstTokenUs, sentUs } = request;
  return [
    {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': 'modal',
      'gen_ai.request.model': model,
      'gen_ai.response.model': model,
      'gen_ai.request.stream': request.streamed,
      'gen_ai.response.finish_reasons':
        request.finishReason === null ? null : [request.finishReason],
      'gen_ai.response.time_to_first_chunk':
        firstTokenUs === null ? null : (firstTokenUs - (sentUs ?? 0)) / MICROS_PER_SECOND,
      'gen_ai.usage.input_tokens': tokensIn,
      'gen_ai.usage.output_tokens': tokensOut,
      'gen_ai.usage.cache_read.input_tokens': request.tokensCached,
      'gen_ai.usage.reasoning.output_tokens': request.tokensReasoning,
    },
    {
      'openinference.span.kind': operation === 'embeddings' ? 'EMBEDDING' : 'LLM',
      'llm.model_name': model,
      'llm.provider': 'modal',
      'llm.token_count.prompt': tokensIn,
      'llm.token_count.completion': tokensOut,
      'llm.token_count.total':
        tokensIn === null || tokensOut === null ? null : tokensIn + tokensOut,
      'llm.cost.total': inUsd(request.totalNano),
    },
  ];
}

const OPERATIONS: readonly (readonly [string, string])[] = [
  ['/chat/completions', 'chat'],
  ['/completions', 'text_completion'],
  ['/embeddings', 'embeddings'],
  ['/responses', 'chat'],
  ['/messages', 'chat'],
];

/** `gen_ai.operation.name`, or `null` when the request is no use of a model. */
export function generationOperation(request: LedgerRequest): string | null {
  for (const [ending, operation] of OPERATIONS) if (request.path.endsWith(ending)) return operation;
  const generates = request.model !== null || request.tokensOut !== null;
  return generates ? 'generate_content' : null;
}

function modalAttributes(
  request: LedgerRequest,
  endpoint: EndpointSettings | null,
): SpanAttributes {
  return {
    'modal.endpoint': request.endpoint,
    'modal.app': endpoint?.modalApp ?? null,
    'modal.pool': request.pool,
    'modal.gpu.type': endpoint?.gpu ?? null,
    'modal.gpu.count': endpoint === null || endpoint.gpu === 'none' ? null : endpoint.gpuCount,
    'modal.gpu.seconds': request.gpuUs === null ? null : request.gpuUs / MICROS_PER_SECOND,
    'modal.function_call_id': request.functionCallId,
    'modal.container.id': request.containerId,
    'modal.container.region': request.containerRegion,
    'modal.container.cloud': request.containerCloud,
    'modal.container.age_ms': inMillis(request.containerAgeUs),
    'modal.container.ready_delay_ms': inMillis(request.readyDelayUs),
    'modal.container.requests_before': request.containerRequestsBefore,
    'modal.container.in_flight': request.containerInFlight,
    'modal.cold_start': request.coldStart,
    'modal.queue_ms': inMillis(request.queueUs),
    'modal.generation_ms': inMillis(request.generationUs),
  };
}

function costAttributes(request: LedgerRequest): SpanAttributes {
  return {
    'cost.state': request.costState,
    'cost.attribution': request.attribution,
    'cost.price_id': request.priceId,
    'cost.exec_usd': inUsd(request.execNano),
    'cost.overhead_usd': inUsd(request.overheadNano),
    'cost.total_usd': inUsd(request.totalNano),
    'cost.low_usd': inUsd(request.lowNano),
    'cost.high_usd': inUsd(request.highNano),
  };
}

function inMillis(duration: Micros | null): number | null {
  return duration === null ? null : duration / 1_000;
}

/** Floats are for showing only: sums are made of the ledger's integers. */
export function inUsd(amount: NanoUsd | null): number | null {
  return amount === null ? null : amount / NANO_PER_USD;
}
