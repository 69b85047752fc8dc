import type { Micros } from '../../../../src/core/units.ts';
import { type Behaviour, sendJson } from '../behaviour.ts';

export interface LiftSysOptions {
  /** The 32B app answers `ir_json`, the 80B and 480B apps answer `text`. */
  readonly shape: 'ir_json' | 'text';
  readonly generationUs: Micros;
  readonly tokens: number;
}

interface LiftSysBody {
  readonly prompt?: string;
  readonly schema?: object;
}

/**
 * A FastAPI endpoint round an offline engine: failures come back as HTTP 200 with `error`.
 * Knobs: `x-sandbox-generation-ms`, `x-sandbox-tokens`; `x-sandbox-app-error` names a failure.
 */
export function liftSysGenerate(options: Partial<LiftSysOptions> = {}): Behaviour {
  const settings = { shape: 'ir_json', generationUs: 10_000, tokens: 180, ...options } as const;
  return async (request, response) => {
    const missing = missingField(parse(request.body), settings.shape);
    if (missing !== null) {
      sendJson(response, 200, { error: `Missing required field: ${missing}`, status: 400 });
      return;
    }
    const generationMs = request.knob('generation-ms', settings.generationUs / 1_000);
    await request.work(generationMs * 1_000);
    const failure = request.headers['x-sandbox-app-error'];
    const result =
      failure === undefined
        ? success(settings.shape, request.knob('tokens', settings.tokens))
        : failed(settings.shape, failure);
    sendJson(response, 200, { ...result, generation_time_ms: generationMs + 0.25 });
  };
}

const IR = { intent: { summary: 'add two numbers' }, signature: { name: 'add' } };

function missingField(body: LiftSysBody, shape: LiftSysOptions['shape']): string | null {
  if (body.prompt === undefined) return 'prompt';
  return body.schema === undefined && shape === 'ir_json' ? 'schema' : null;
}

function success(shape: LiftSysOptions['shape'], tokens: number): object {
  const content = shape === 'ir_json' ? { ir_json: IR } : { text: JSON.stringify(IR) };
  return { ...content, tokens_used: tokens, finish_reason: 'stop' };
}

function failed(shape: LiftSysOptions['shape'], failure: string): object {
  return {
    error: `Generation failed: ${failure}`,
    [shape]: null,
    tokens_used: 0,
    finish_reason: failure === 'json' ? 'json_error' : 'error',
  };
}

/** The separate CPU function that says the app is up. */
export const liftSysHealth: Behaviour = (_request, response) => {
  sendJson(response, 200, { status: 'healthy', model: 'Qwen/Qwen2.5-Coder-32B-Instruct' });
};

function parse(body: Buffer): LiftSysBody {
  try {
    return JSON.parse(body.toString()) as LiftSysBody;
  } catch {
    return {};
  }
}
