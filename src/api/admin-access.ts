import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Who may use the admin port. Texts are secrets. */
export interface AdminAccess {
  /** `null`: whoever reaches the port. */
  readonly token: string | null;
  /** For pushed metrics only; `null`: `token` is asked for there too. */
  readonly telemetryToken: string | null;
  /** Names under which people reach it, besides its addresses and `localhost`. */
  readonly hosts: readonly string[];
}

export interface AccessProblem {
  readonly status: 401 | 421;
  readonly detail: string;
}

/** Whoever watches whether it lives needs no token, and calls it by whatever name. */
const OPEN: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const TELEMETRY = '/v1/metrics';

/**
 * What keeps a request out, `null` when nothing does. Without a token the name in `Host` is checked: else a page of
 * another site could have its own name point here, and read and write as if it were ours (DNS rebinding).
 */
export function accessProblem(
  access: AdminAccess,
  path: string,
  headers: IncomingHttpHeaders,
): AccessProblem | null {
  if (OPEN.has(path)) return null;
  const { token, telemetryToken } = access;
  const wanted = path === TELEMETRY ? (telemetryToken ?? token) : token;
  if (wanted !== null) return shows(headers, wanted) ? null : NO_TOKEN;
  return path === '/metrics' || isKnownHost(headers.host ?? '', access.hosts) ? null : OTHER_HOST;
}

const NO_TOKEN: AccessProblem = {
  status: 401,
  detail:
    'this admin port asks for a token: send `Authorization: Bearer TOKEN`, or in a browser the token as the password ' +
    '(any user name); it is `admin.token` of tripmeter.yaml',
};

const OTHER_HOST: AccessProblem = {
  status: 421,
  detail:
    'this admin port is not known by that name: call it by its address, set `admin.publicUrl` to the name, or `admin.token`',
};

function shows({ authorization = '' }: IncomingHttpHeaders, token: string): boolean {
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const basic = /^Basic +(\S+)$/i.exec(authorization)?.[1];
  const shown = bearer ?? (basic === undefined ? '' : passwordOf(basic));
  return timingSafeEqual(hash('sha256', shown, 'buffer'), hash('sha256', token, 'buffer'));
}

function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

function isKnownHost(host: string, hosts: readonly string[]): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return (
    name === '' ||
    name === 'localhost' ||
    name.startsWith('[') ||
    /^\d+\.\d+\.\d+\.\d+$/.test(name) ||
    hosts.includes(name)
  );
}
