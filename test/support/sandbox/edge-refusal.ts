import type { IncomingMessage } from 'node:http';
import type { EdgeState, SandboxEndpointSettings } from './endpoint-settings.ts';

/** An answer of Modal's edge: `text/plain`, no container, no cost. */
export interface EdgeRefusal {
  readonly status: number;
  readonly body: string;
}

const edge = (status: number, text: string): EdgeRefusal => ({
  status,
  body: text === '' ? '' : `modal-http: ${text}`,
});

export const EDGE = {
  badRedirectMethod: edge(400, 'bad redirect method'),
  prohibitedHeader: edge(400, 'prohibited modal header'),
  missingCredentials: edge(401, 'missing credentials for proxy authorization'),
  invalidCredentials: edge(401, 'invalid credentials for proxy authorization'),
  invalidFunctionCall: edge(404, 'invalid function call'),
  noReadyContainer: edge(503, ''),
  functionTimedOut: edge(500, 'internal error: function execution timed out'),
  functionTerminated: edge(500, 'internal error: function was terminated by signal'),
} as const;

const BY_STATE: Record<Exclude<EdgeState, 'live'>, EdgeRefusal> = {
  stopped: edge(404, 'app for invoked web endpoint is stopped'),
  workspace_disabled: edge(404, 'workspace ac-sandbox is disabled'),
  rate_limited: edge(429, 'rate limit exceeded'),
  spend_limit: edge(429, 'workspace billing cycle spend limit reached'),
  forbidden: edge(403, ''),
};

/** The only `modal-…` request headers that pass the edge. */
const ALLOWED = new Set([
  'modal-key',
  'modal-secret',
  'modal-session-id',
  'modal-authorization',
  'modal-routing-affinity-key',
]);

/** Why the edge refuses the request, or `null`. */
export function edgeRefusal(
  request: IncomingMessage,
  settings: SandboxEndpointSettings,
  state: EdgeState,
): EdgeRefusal | null {
  const fault = request.headers['x-sandbox-edge'];
  if (typeof fault === 'string' && fault in BY_STATE) {
    return BY_STATE[fault as keyof typeof BY_STATE];
  }
  if (state !== 'live') return BY_STATE[state];
  const names = Object.keys(request.headers);
  if (names.some((name) => name.startsWith('modal-') && !ALLOWED.has(name))) {
    return EDGE.prohibitedHeader;
  }
  return credentialRefusal(request, settings);
}

/** The answer on a connection that asked for an upgrade. */
export function rawRefusal({ status, body }: EdgeRefusal): string {
  return (
    `HTTP/1.1 ${status} Refused\r\ncontent-type: text/plain\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  );
}

function credentialRefusal(
  request: IncomingMessage,
  { proxyToken }: SandboxEndpointSettings,
): EdgeRefusal | null {
  if (proxyToken === null) return null;
  const { 'modal-key': key, 'modal-secret': secret, authorization } = request.headers;
  const bearer = /^Bearer (wk-[^.]*)\.(ws-.*)$/i.exec(authorization ?? '');
  const given = key === undefined ? bearer?.slice(1) : [key, secret];
  if (given === undefined) return EDGE.missingCredentials;
  return given[0] === proxyToken.key && given[1] === proxyToken.secret
    ? null
    : EDGE.invalidCredentials;
}
