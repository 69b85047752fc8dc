import type { Micros } from '../../../../src/core/units.ts';
import {
  type Behaviour,
  type ContainerRequest,
  type ContainerResponse,
  sendJson,
} from '../behaviour.ts';

/** A vLLM server's chat completions. Times are those of an idle machine. */
export interface OpenAiChatOptions {
  readonly model: string;
  readonly tokens: number;
  readonly reasoningTokens: number;
  readonly cachedTokens: number | null;
  readonly firstTokenUs: Micros;
  readonly tokenUs: Micros;
  /** `--enable-per-request-metrics`. */
  readonly metrics: boolean;
}

const DEFAULTS: OpenAiChatOptions = {
  model: 'Qwen/Qwen2.5-Coder-32B-Instruct',
  tokens: 12,
  reasoningTokens: 0,
  cachedTokens: null,
  firstTokenUs: 5_000,
  tokenUs: 1_000,
  metrics: false,
};

const WORDS = ['meter', ' ticks', ' by', ' the', ' mile', ',', ' café', ' ok', ' 🚕', '\n'];

interface ChatBody {
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages?: readonly { readonly content?: unknown }[];
  readonly stream_options?: { readonly include_usage?: boolean };
}

interface Generation extends OpenAiChatOptions {
  readonly id: string;
  readonly promptTokens: number;
  readonly body: ChatBody;
}

/**
 * Knobs of a request: `x-sandbox-tokens`, `-reasoning-tokens`, `-first-token-ms`, `-token-ms`.
 * A body that is not JSON gets vLLM's 400.
 */
export function openAiChat(options: Partial<OpenAiChatOptions> = {}): Behaviour {
  const settings = { ...DEFAULTS, ...options };
  return async (request, response) => {
    if (request.method === 'GET') {
      sendJson(response, 200, { object: 'list', data: [{ id: settings.model, object: 'model' }] });
      return;
    }
    const body = parse(request.body);
    if (body === null) {
      sendJson(response, 400, {
        error: { message: 'body is not valid JSON', type: 'BadRequestError', code: 400 },
      });
      return;
    }
    const generation = {
      ...knobs(request, settings),
      body,
      id: `chatcmpl-${request.headers['modal-function-call-id']}`,
      promptTokens: Math.ceil(request.body.length / 4),
    };
    if (body.stream === true) await stream(request, response, generation);
    else await complete(request, response, generation);
  };
}

function parse(body: Buffer): ChatBody | null {
  try {
    return JSON.parse(body.toString()) as ChatBody;
  } catch {
    return null;
  }
}

function knobs(request: ContainerRequest, settings: OpenAiChatOptions): OpenAiChatOptions {
  return {
    ...settings,
    tokens: request.knob('tokens', settings.tokens),
    reasoningTokens: request.knob('reasoning-tokens', settings.reasoningTokens),
    firstTokenUs: request.knob('first-token-ms', settings.firstTokenUs / 1_000) * 1_000,
    tokenUs: request.knob('token-ms', settings.tokenUs / 1_000) * 1_000,
  };
}

const word = (index: number) => WORDS[index % WORDS.length] ?? '';

function usage(generation: Generation): object {
  const { promptTokens, tokens, reasoningTokens, cachedTokens } = generation;
  const completion = tokens + reasoningTokens;
  return {
    prompt_tokens: promptTokens,
    total_tokens: promptTokens + completion,
    completion_tokens: completion,
    ...(cachedTokens === null ? {} : { prompt_tokens_details: { cached_tokens: cachedTokens } }),
    ...(reasoningTokens === 0
      ? {}
      : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

function metrics(generation: Generation): object {
  if (!generation.metrics) return {};
  const { firstTokenUs, tokenUs, tokens, reasoningTokens } = generation;
  const generationMs = (tokenUs * (tokens + reasoningTokens)) / 1_000;
  return {
    metrics: {
      time_to_first_token_ms: firstTokenUs / 1_000,
      generation_time_ms: generationMs,
      queue_time_ms: 0.4,
      mean_itl_ms: tokenUs / 1_000,
      tokens_per_second: generationMs === 0 ? 0 : (1_000 * tokens) / generationMs,
    },
  };
}

async function complete(
  request: ContainerRequest,
  response: ContainerResponse,
  generation: Generation,
): Promise<void> {
  const { tokens, reasoningTokens, tokenUs, firstTokenUs } = generation;
  await request.work(firstTokenUs + tokenUs * (tokens + reasoningTokens));
  sendJson(response, 200, {
    id: generation.id,
    object: 'chat.completion',
    created: 1_764_000_000,
    model: generation.body.model ?? generation.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: Array.from({ length: tokens }, (_, index) => word(index)).join(''),
          ...(reasoningTokens === 0 ? {} : { reasoning_content: 'think '.repeat(reasoningTokens) }),
        },
        finish_reason: 'stop',
      },
    ],
    usage: usage(generation),
    system_fingerprint: 'vllm-0.19.0-5a1e0b2c',
    ...metrics(generation),
  });
}

async function stream(
  request: ContainerRequest,
  response: ContainerResponse,
  generation: Generation,
): Promise<void> {
  const base = {
    id: generation.id,
    object: 'chat.completion.chunk',
    created: 1_764_000_000,
    model: generation.body.model ?? generation.model,
  };
  const send = (value: object) =>
    response.write(`data: ${JSON.stringify({ ...base, ...value })}\n\n`);
  const delta = (value: object, finish: string | null = null) =>
    send({ choices: [{ index: 0, delta: value, finish_reason: finish }] });
  response.head(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  delta({ role: 'assistant', content: '' });
  await request.work(generation.firstTokenUs);
  for (let index = 0; index < generation.reasoningTokens; index += 1) {
    delta({ reasoning_content: 'think ' });
    await request.work(generation.tokenUs);
  }
  for (let index = 0; index < generation.tokens; index += 1) {
    delta({ content: word(index) });
    await request.work(generation.tokenUs);
  }
  const asked = generation.body.stream_options?.include_usage === true;
  const last = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  send(asked ? last : { ...last, ...metrics(generation) });
  if (asked) send({ choices: [], usage: usage(generation), ...metrics(generation) });
  response.end('data: [DONE]\n\n');
}
