import type { BodyRule } from '../../core/endpoint.ts';
import type { Micros } from '../../core/units.ts';
import { NOTHING_READ, type TapReading } from './response-tap.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Top-level fields that a rule looks at: enough to find them in a body without parsing all of it. */
export function wantedFields(rule: BodyRule): ReadonlySet<string> {
  if (rule === 'none') {
    return new Set();
  }
  if (rule === 'openai') {
    return new Set(['model', 'usage', 'metrics', 'choices', 'error', 'status', 'response']);
  }
  if (rule === 'lift-sys') {
    return new Set(['tokens_used', 'generation_time_ms', 'finish_reason', 'error', 'model']);
  }
  const paths = [rule.errorPath, rule.tokensPath].filter((path) => path !== null);
  return new Set(paths.map((path) => segmentsOf(path)[0] ?? ''));
}

/** What a JSON document says, by the endpoint's rule. Fields of an unexpected type are unknown. */
export function factsOf(document: unknown, rule: BodyRule): TapReading {
  if (!isFields(document) || rule === 'none') {
    return NOTHING_READ;
  }
  if (rule === 'openai') {
    return openaiFacts(document);
  }
  return rule === 'lift-sys' ? liftSysFacts(document) : customFacts(document, rule);
}

/** Chat completions, completions, embeddings, responses: OpenAI's shapes and vLLM's additions. */
function openaiFacts(document: Fields): TapReading {
  // The responses API wraps the final document in `response` on its last event.
  const body = isFields(document.response) ? document.response : document;
  const usage = isFields(body.usage) ? body.usage : {};
  const metrics = isFields(body.metrics) ? body.metrics : {};
  const inputDetails = firstFields(usage.prompt_tokens_details, usage.input_tokens_details);
  const outputDetails = firstFields(usage.completion_tokens_details, usage.output_tokens_details);
  return {
    ...NOTHING_READ,
    model: shortText(body.model),
    tokensIn: count(usage.prompt_tokens ?? usage.input_tokens),
    tokensOut: count(usage.completion_tokens ?? usage.output_tokens),
    tokensCached: count(inputDetails.cached_tokens),
    tokensReasoning: count(outputDetails.reasoning_tokens),
    finishReason: finishReasonOf(body),
    queueUs: microsOf(metrics.queue_time_ms),
    generationUs: microsOf(metrics.generation_time_ms),
    failed: isError(body.error),
  };
}

function liftSysFacts(document: Fields): TapReading {
  const finishReason = shortText(document.finish_reason);
  return {
    ...NOTHING_READ,
    model: shortText(document.model),
    tokensOut: count(document.tokens_used),
    finishReason,
    generationUs: microsOf(document.generation_time_ms),
    failed: isError(document.error),
  };
}

function customFacts(
  document: Fields,
  rule: { readonly errorPath: string; readonly tokensPath: string | null },
): TapReading {
  return {
    ...NOTHING_READ,
    tokensOut: rule.tokensPath === null ? null : count(valueAt(document, rule.tokensPath)),
    failed: isError(valueAt(document, rule.errorPath)),
  };
}

/** Whether a stream's frame carries a content token: text, reasoning, or a tool call. */
export function hasToken(document: unknown): boolean {
  if (!isFields(document)) {
    return false;
  }
  if (Array.isArray(document.choices)) {
    return document.choices.some(choiceHasToken);
  }
  return typeof document.type === 'string' ? document.type.endsWith('delta') : true;
}

function choiceHasToken(choice: unknown): boolean {
  if (!isFields(choice)) {
    return false;
  }
  const delta = isFields(choice.delta) ? choice.delta : choice;
  return [
    delta.content,
    delta.text,
    delta.reasoning_content,
    delta.reasoning,
    delta.tool_calls,
    delta.function_call,
  ].some((part) => part !== undefined && part !== null && part !== '');
}

function finishReasonOf(body: Fields): string | null {
  if (Array.isArray(body.choices)) {
    const [first] = body.choices;
    return isFields(first) ? shortText(first.finish_reason) : null;
  }
  return shortText(body.status);
}

/** `a.b[0].c`, with or without a leading `$.`. */
function valueAt(document: unknown, path: string): unknown {
  let value: unknown = document;
  for (const segment of segmentsOf(path)) {
    if (Array.isArray(value)) {
      value = value[Number(segment)];
    } else if (isFields(value)) {
      value = value[segment];
    } else {
      return undefined;
    }
  }
  return value;
}

function segmentsOf(path: string): string[] {
  return path
    .replace(/^\$\.?/, '')
    .split(/[.[\]]+/)
    .filter((segment) => segment !== '');
}

/** `false`, `null`, `''` and an absent field all mean that nothing went wrong. */
function isError(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== '';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstFields(...candidates: unknown[]): Fields {
  return candidates.find(isFields) ?? {};
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function microsOf(milliseconds: unknown): Micros | null {
  const valid = typeof milliseconds === 'number' && milliseconds >= 0 && milliseconds < 1e9;
  return valid ? Math.round(milliseconds * 1_000) : null;
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 128) : null;
}
