import type { ErrorClass, Paid } from '../core/outcome.ts';

/** Who failed, and whether it used GPU time. */
export interface Classification {
  readonly errorClass: ErrorClass;
  readonly paid: Paid;
}

interface Rule {
  readonly status: number;
  /** `null`: any body. */
  readonly body: RegExp | null;
  readonly errorClass: ErrorClass;
  readonly paid: Paid;
}

/** Longest body prefix that a rule looks at. */
export const BODY_PREFIX_BYTES = 512;

const EDGE = 'modal-http: ';

/**
 * The edge answers in plain text that starts with `modal-http: ` and has run nothing; the container's own
 * answers have run something. Order matters: the first match wins.
 */
const EDGE_RULES: readonly Rule[] = [
  rule(400, /^bad redirect method/, 'modal_bad_redirect_method', 'no'),
  rule(400, /^prohibited modal header/, 'modal_prohibited_header', 'no'),
  rule(401, /credentials for proxy authorization/, 'modal_proxy_auth', 'no'),
  rule(404, /^invalid function call/, 'modal_invalid_function_call', 'no'),
  rule(404, /^app for invoked web endpoint is stopped/, 'modal_app_stopped', 'no'),
  rule(404, /^workspace \S+ is disabled/, 'modal_workspace_disabled', 'no'),
  rule(429, /spend limit reached/, 'modal_spend_limit', 'no'),
  rule(429, null, 'modal_rate_limited', 'no'),
  rule(500, /^internal error: function execution timed out/, 'modal_function_timeout', 'yes'),
  rule(500, /function was terminated by signal/, 'modal_function_terminated', 'yes'),
  rule(500, /^internal error/, 'modal_internal_error', 'unknown'),
  rule(503, null, 'modal_no_container', 'unknown'),
];

/** The same failures where the prefix is missing or the text is the container's. */
const BARE_RULES: readonly Rule[] = [
  rule(
    408,
    /^Missing request, possibly due to expiry or cancellation/,
    'modal_missing_request',
    'yes',
  ),
  rule(401, /^(missing|invalid) credentials for proxy authorization/, 'modal_proxy_auth', 'no'),
  rule(429, /billing cycle spend limit reached/, 'modal_spend_limit', 'no'),
  rule(500, /^internal error: function execution timed out/, 'modal_function_timeout', 'yes'),
  rule(
    500,
    /^internal error: function was terminated by signal/,
    'modal_function_terminated',
    'yes',
  ),
];

export interface FailedResponse {
  readonly status: number;
  /** First bytes of the body, as text; empty when it is encoded. */
  readonly bodyPrefix: string;
  /** The response names a function call: an input reached Modal's queue. */
  readonly hasFunctionCall: boolean;
  /** Host of the upstream. */
  readonly host: string;
}

/** Classifies a response whose status says failure (400 and up). */
export function classifyFailure(response: FailedResponse): Classification {
  const { status, bodyPrefix } = response;
  const isEdge = bodyPrefix.startsWith(EDGE);
  const rules = isEdge ? EDGE_RULES : BARE_RULES;
  const text = isEdge ? bodyPrefix.slice(EDGE.length) : bodyPrefix;
  const match = rules.find(
    (candidate) => candidate.status === status && (candidate.body?.test(text) ?? true),
  );
  if (match !== undefined) {
    return { errorClass: match.errorClass, paid: match.paid };
  }
  if (isEdge) {
    return { errorClass: 'modal_edge_error', paid: status < 500 ? 'no' : 'unknown' };
  }
  return classifyByHost(response);
}

/** Texts differ, so what the text does not tell is told by who can have answered at this host. */
function classifyByHost({
  status,
  hasFunctionCall,
  host,
  bodyPrefix,
}: FailedResponse): Classification {
  if (host.endsWith('.modal.direct') && bodyPrefix === '') {
    if (status === 403) {
      return { errorClass: 'modal_forbidden', paid: 'no' };
    }
    if (status === 503) {
      return { errorClass: 'modal_no_container', paid: 'unknown' };
    }
  }
  if (status === 429 && !hasFunctionCall && /(^|[.])modal\.(run|direct)$/.test(host)) {
    return { errorClass: 'modal_rate_limited', paid: 'no' };
  }
  return { errorClass: 'container_error', paid: 'yes' };
}

function rule(status: number, body: RegExp | null, errorClass: ErrorClass, paid: Paid): Rule {
  return { status, body, errorClass, paid };
}
