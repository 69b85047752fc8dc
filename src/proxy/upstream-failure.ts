import type { ErrorClass, Outcome } from '../core/outcome.ts';

/** Why no complete response came, and what the client is told. */
export interface UpstreamFailure {
  readonly errorClass: ErrorClass;
  readonly outcome: Outcome;
  readonly status: 502 | 503 | 504;
  readonly cause: string;
  readonly fix: string;
}

const CONNECT_CODES: Readonly<Record<string, Omit<UpstreamFailure, 'cause'>>> = {
  ENOTFOUND: dns(),
  EAI_AGAIN: dns(),
  EAI_FAIL: dns(),
  EAI_NODATA: dns(),
  EAI_NONAME: dns(),
  ETIMEDOUT: timeout(),
};

/** A connection that could not be made. */
export function connectFailure(error: NodeJS.ErrnoException, origin: string): UpstreamFailure {
  const known = error.code === undefined ? undefined : CONNECT_CODES[error.code];
  const cause = `no connection to ${origin}: ${error.message || error.code || 'unknown error'}`;
  if (known !== undefined) {
    return { ...known, cause };
  }
  return isTlsError(error.code) ? { ...tls(), cause } : { ...refused(), cause };
}

export function connectTimeout(origin: string, afterMs: number): UpstreamFailure {
  return { ...timeout(), cause: `no connection to ${origin} within ${afterMs} ms` };
}

/** The upstream closed or reset a connection before its response was complete. */
export function resetFailure(origin: string, detail: string): UpstreamFailure {
  return {
    errorClass: 'upstream_reset',
    outcome: 'upstream_reset',
    status: 502,
    cause: `${origin} closed the connection before its response was complete (${detail})`,
    fix: 'Look at the log of the upstream. tripmeter repeats no request unless configured to.',
  };
}

export function timeoutFailure(origin: string, detail: string): UpstreamFailure {
  return {
    errorClass: 'upstream_timeout',
    outcome: 'upstream_timeout',
    status: 504,
    cause: `${origin} ${detail}`,
    fix: "Raise or remove the endpoint's timeout if the request may take that long.",
  };
}

/** Bytes that are not an HTTP/1.1 response. They are refused, never repaired. */
export function protocolFailure(origin: string, detail: string): UpstreamFailure {
  return {
    errorClass: 'upstream_protocol_error',
    outcome: 'upstream_error',
    status: 502,
    cause: `${origin} sent a malformed response: ${detail}`,
    fix: 'Check that the upstream speaks HTTP/1.1 at this address.',
  };
}

function dns(): Omit<UpstreamFailure, 'cause'> {
  return {
    errorClass: 'dns_failure',
    outcome: 'connect_failed',
    status: 502,
    fix: "Check the spelling of the endpoint's upstream and the machine's DNS.",
  };
}

function timeout(): Omit<UpstreamFailure, 'cause'> {
  return {
    errorClass: 'connect_timeout',
    outcome: 'connect_failed',
    status: 504,
    fix: 'Check that the upstream is reachable from this machine (firewall, address).',
  };
}

function tls(): Omit<UpstreamFailure, 'cause'> {
  return {
    errorClass: 'tls_failure',
    outcome: 'connect_failed',
    status: 502,
    fix: 'Check the certificate of the upstream; for a private authority set its certificate.',
  };
}

function refused(): Omit<UpstreamFailure, 'cause'> {
  return {
    errorClass: 'connect_refused',
    outcome: 'connect_failed',
    status: 502,
    fix: 'Check that the upstream is running and its address is right.',
  };
}

function isTlsError(code: string | undefined): boolean {
  return code !== undefined && /^ERR_(TLS|SSL)|CERT|SELF_SIGNED|UNABLE_TO_|EPROTO/.test(code);
}
