import { z } from 'zod';
import { CollectorError } from '../collector-error.ts';
import { callError } from '../modal-api/call-error.ts';

const TIMEOUT_MS = 30_000;

const PLAN =
  'the token may not read this workspace; use one of the workspace that runs the app, or set ' +
  'billing.containers to false and go on with modelled containers';

/** gRPC status codes: there is no such thing, or not any more; what was asked makes no sense. */
const NOT_FOUND = 5;
const INVALID_ARGUMENT = 3;

interface Question<Answer> {
  /** For the message: `container ta-01…`. */
  readonly what: string;
  readonly schema: z.ZodType<Answer>;
  readonly call: (signal: AbortSignal) => Promise<unknown>;
  readonly signal: AbortSignal;
  /** The question is an id that somebody else gave: what Modal calls no id at all is not known either. */
  readonly foreignId?: boolean;
  /** How long an answer may take. 30 s unless told. */
  readonly timeoutMs?: number;
}

/**
 * One call with a deadline, its answer checked. `null`: Modal knows no such thing.
 * @throws CollectorError; the signal's reason when it was aborted.
 */
export async function ask<Answer>(question: Question<Answer>): Promise<Answer | null> {
  const { what, schema, call, signal, foreignId = false, timeoutMs = TIMEOUT_MS } = question;
  const deadline = AbortSignal.timeout(timeoutMs);
  let answer: unknown;
  try {
    answer = await call(AbortSignal.any([signal, deadline]));
  } catch (error) {
    signal.throwIfAborted();
    const code = (error as { code?: unknown } | null)?.code;
    if (code === NOT_FOUND || (foreignId && code === INVALID_ARGUMENT)) return null;
    if (!deadline.aborted) throw callError(error, { what, plan: PLAN });
    const message = `Modal did not answer about ${what} in ${timeoutMs / 1_000} s; it is asked again later`;
    throw new CollectorError('unavailable', message, { cause: error });
  }
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const why = z.prettifyError(parsed.error);
  throw new CollectorError(
    'bad_data',
    `what Modal says about ${what} cannot be read: ${why}; none of it was used. Report this with the ` +
      'message: the interface may have changed',
  );
}
