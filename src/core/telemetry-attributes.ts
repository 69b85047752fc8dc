/**
 * The attributes of every span that leaves the ledger: the one list that spans, Honeycomb's columns, boards
 * and tests share. GenAI names follow the OpenTelemetry conventions for generative AI (schema 1.42.0, all
 * "development"), `llm.*` and `openinference.*` follow OpenInference, HTTP names are the stable ones.
 *
 * A backend copies attributes over its own columns. Honeycomb's own are `RESERVED_ATTRIBUTES`.
 */
export interface TelemetryAttribute {
  /** A float stays one on the wire when its value is whole, so that a column's type never flips. */
  readonly type: AttributeType;
  /** For the column: what it means, and the unit. */
  readonly about: string;
}

export type AttributeType = 'string' | 'integer' | 'float' | 'boolean' | 'strings';

const attribute = (type: AttributeType, about: string): TelemetryAttribute => ({ type, about });

export const TELEMETRY_ATTRIBUTES = {
  'proxy.request': attribute('boolean', 'True on the one span that stands for a whole request.'),
  'request.id': attribute('string', 'Id of the request in the ledger.'),
  'request.group': attribute('string', 'Group named by the caller, else absent.'),
  'request.operation': attribute('string', 'Operation named by the caller.'),
  'request.client': attribute('string', 'Client that sent the request.'),
  'request.outcome': attribute('string', 'How the request ended, seen from the proxy.'),
  'request.paid': attribute('string', 'Whether it used GPU time that Modal bills.'),
  'request.diagnosis': attribute('string', 'What the record itself explains of a failure.'),
  'request.legs': attribute('integer', '1 + followed 303 hops.'),
  'request.retries': attribute('integer', 'Repeated sends by the proxy.'),
  'request.chunks': attribute('integer', 'Chunks of the response body.'),
  'request.ttfb_ms': attribute('float', 'Start to first byte of the response head, milliseconds.'),
  'request.first_token_ms': attribute('float', 'Start to first content token, milliseconds.'),
  'request.success': attribute('integer', '1 when the outcome is ok, else 0.'),
  'proxy.overhead_ms': attribute('float', 'Time that was the proxy’s own, milliseconds.'),
  'http.request.method': attribute('string', 'HTTP method.'),
  'http.response.status_code': attribute('integer', 'HTTP status.'),
  'http.request.body.size': attribute('integer', 'Bytes of the request body.'),
  'http.response.body.size': attribute('integer', 'Bytes of the response body.'),
  'url.path': attribute('string', 'Path below the endpoint, without query.'),
  'error.type': attribute('string', 'Class of the failure.'),
  'geo.country.iso_code': attribute('string', 'Country of the client, from a trusted front.'),
  'gen_ai.operation.name': attribute('string', 'chat, text_completion, embeddings, …'),
  'gen_ai.provider.name': attribute('string', 'Always modal.'),
  'gen_ai.request.model': attribute('string', 'Model.'),
  'gen_ai.response.model': attribute('string', 'Model, as the response names it.'),
  'gen_ai.request.stream': attribute('boolean', 'Whether the response streamed.'),
  'gen_ai.response.finish_reasons': attribute('strings', 'Why generation ended.'),
  'gen_ai.response.time_to_first_chunk': attribute('float', 'Sent to first token, seconds.'),
  'gen_ai.usage.input_tokens': attribute('integer', 'Prompt tokens.'),
  'gen_ai.usage.output_tokens': attribute('integer', 'Generated tokens.'),
  'gen_ai.usage.cache_read.input_tokens': attribute('integer', 'Prompt tokens out of a cache.'),
  'gen_ai.usage.reasoning.output_tokens': attribute('integer', 'Reasoning tokens.'),
  'openinference.span.kind': attribute('string', 'LLM on the span of a request.'),
  'llm.model_name': attribute('string', 'Model (OpenInference).'),
  'llm.provider': attribute('string', 'Always modal (OpenInference).'),
  'llm.token_count.prompt': attribute('integer', 'Prompt tokens (OpenInference).'),
  'llm.token_count.completion': attribute('integer', 'Generated tokens (OpenInference).'),
  'llm.token_count.total': attribute('integer', 'All tokens (OpenInference).'),
  'llm.cost.total': attribute('float', 'Dollars (OpenInference), provisional at export.'),
  'session.id': attribute('string', 'Group named by the caller (OpenInference).'),
  'modal.endpoint': attribute('string', 'Endpoint in tripmeter’s configuration.'),
  'modal.app': attribute('string', 'Modal app of the endpoint.'),
  'modal.pool': attribute('string', 'Container pool of a parametrised class.'),
  'modal.gpu.type': attribute('string', 'GPU as requested in the Modal decorator.'),
  'modal.gpu.count': attribute('integer', 'GPUs per container.'),
  'modal.gpu.seconds': attribute('float', 'Container time × GPU count, seconds.'),
  'modal.function_call_id': attribute('string', 'Modal’s id of the call.'),
  'modal.container.id': attribute('string', 'Container that answered.'),
  'modal.container.region': attribute('string', 'Region of the container.'),
  'modal.container.cloud': attribute('string', 'Cloud of the container.'),
  'modal.container.age_ms': attribute('float', 'Age of the container at entry, milliseconds.'),
  'modal.container.ready_delay_ms': attribute('float', 'Container start to ready, milliseconds.'),
  'modal.container.requests_before': attribute('integer', 'Requests it had seen before.'),
  'modal.container.in_flight': attribute('integer', 'Requests in it at entry, this one too.'),
  'modal.cold_start': attribute('boolean', 'Whether this request came with a container’s start.'),
  'modal.queue_ms': attribute('float', 'Wait before a container took it, milliseconds.'),
  'modal.generation_ms': attribute('float', 'Work inside the container, milliseconds.'),
  'cost.state': attribute('string', 'unpriced, provisional, settled or reconciled at export.'),
  'cost.attribution': attribute('string', 'inferred, observed or authoritative.'),
  'cost.price_id': attribute('string', 'Price that was used.'),
  'cost.exec_usd': attribute('float', 'Share of busy container time, dollars.'),
  'cost.overhead_usd': attribute('float', 'Share of cold start and idle tail, dollars.'),
  'cost.total_usd': attribute('float', 'exec + overhead at export, dollars.'),
  'cost.low_usd': attribute('float', 'Lower bound, dollars.'),
  'cost.high_usd': attribute('float', 'Upper bound, dollars.'),
  'cost.final.exec_usd': attribute('float', 'Settled share of busy time, dollars.'),
  'cost.final.overhead_usd': attribute('float', 'Settled share of cold and idle, dollars.'),
  'cost.final.total_usd': attribute('float', 'Settled total, dollars.'),
  'cost.final.change_usd': attribute(
    'float',
    'Total minus the final total told before: add these.',
  ),
  'cost.final.state': attribute('string', 'settled or reconciled.'),
  'cost.final.change': attribute('integer', 'Number of this change in the ledger.'),
  'cost.mtd_usd': attribute('float', 'Spend of the calendar month so far, dollars.'),
  'alert.name': attribute('string', 'Rule, e.g. trigger.scale.'),
  'alert.subject': attribute('string', 'Which one of several: a threshold, an endpoint.'),
  'alert.period': attribute('string', 'Month or incident the state belongs to.'),
  'alert.state': attribute('string', 'State of the rule.'),
  'alert.firing': attribute('integer', '1 while the rule is met, else 0.'),
  'alert.value': attribute('float', 'Measured figure, in alert.unit.'),
  'alert.threshold': attribute('float', 'Figure it is compared with, in alert.unit.'),
  'alert.unit': attribute('string', 'usd, s, bytes, requests, count or ratio.'),
  'alert.reason': attribute('string', 'One sentence with the number, the rule and the window.'),
  'tripmeter.span': attribute(
    'string',
    'request, upstream, queue, cold_start, cost.settled, alert.',
  ),
  'export.attempt': attribute(
    'integer',
    'How often this batch was sent; above 1, duplicates may exist.',
  ),
} as const satisfies Record<string, TelemetryAttribute>;

export type AttributeName = keyof typeof TELEMETRY_ATTRIBUTES;

/** Prefix of the caller's own tags, whose names nobody knows beforehand. */
export const TAG_PREFIX = 'tag.';

/** Columns that Honeycomb derives from a span; an attribute of the same name would overwrite them. */
export const RESERVED_ATTRIBUTES: readonly string[] = [
  ...['name', 'type', 'error', 'duration_ms', 'status_code', 'status_message', 'parent_name'],
  ...['span.kind', 'span.num_events', 'span.num_links', 'service.name', 'service_name'],
  ...['trace.trace_id', 'trace.span_id', 'trace.parent_id', 'trace.link.trace_id'],
  ...['sampleRate', 'SampleRate', 'timestamp', 'time', 'library.name', 'library.version'],
  ...['meta.annotation_type', 'meta.signal_type', 'meta.invalid_duration', 'telemetry.sdk.name'],
];
