import { CollectorError, type CollectorErrorCode } from '../collector-error.ts';

/** The gRPC status codes that mean something here; all others are `unavailable`. */
const CODES: ReadonlyMap<number, CollectorErrorCode> = new Map([
  [3, 'bad_data'], // INVALID_ARGUMENT
  [7, 'plan'], // PERMISSION_DENIED
  [8, 'rate_limited'], // RESOURCE_EXHAUSTED
  [9, 'plan'], // FAILED_PRECONDITION
  [12, 'plan'], // UNIMPLEMENTED
  [16, 'auth'], // UNAUTHENTICATED
]);

const ADVICE: Record<CollectorErrorCode, string> = {
  auth: 'check the token id and secret (`modal token info`)',
  plan:
    'the billing report is for Team and Enterprise workspaces and for tokens that may read it; ' +
    'without it, import a file of `modal billing report --json`, or go on with modelled dollars',
  rate_limited: 'it is tried again later',
  unavailable: 'it is tried again later',
  partial: 'none of it was used; it is tried again later',
  bad_data: 'report this with the message: the interface may have changed',
  not_installed: 'install it',
};

/** What was being asked, for the message: `billing report for 2026-11-01T00:00Z to …`. */
interface CallContext {
  readonly what: string;
  /** Messages that had arrived on a stream before it broke. */
  readonly received?: number;
  /** What to do when the token or the plan does not allow the call; unless told, it is about the bill. */
  readonly plan?: string;
}

/** Whatever the gRPC client threw, as one of the collector's own errors. */
export function callError(
  error: unknown,
  { what, received = 0, plan }: CallContext,
): CollectorError {
  if (error instanceof CollectorError) {
    return error;
  }
  const { code, text } = statusOf(error);
  const known = code === undefined ? undefined : CODES.get(code);
  const kind = known ?? fallback(text, received);
  const advice = kind === 'plan' ? (plan ?? ADVICE.plan) : ADVICE[kind];
  const arrived = received > 0 ? ` after ${received} rows` : '';
  const message = `Modal's ${what} failed${arrived}: ${text}; ${advice}`;
  return new CollectorError(kind, message, { cause: error });
}

function fallback(text: string, received: number): CollectorErrorCode {
  if (/missing credentials/i.test(text)) {
    return 'auth';
  }
  return received > 0 ? 'partial' : 'unavailable';
}

function statusOf(error: unknown): { code: number | undefined; text: string } {
  if (!(error instanceof Error)) {
    return { code: undefined, text: String(error) };
  }
  const { code, details } = error as { code?: unknown; details?: unknown };
  return {
    code: typeof code === 'number' ? code : undefined,
    text: typeof details === 'string' && details !== '' ? details : error.message,
  };
}
