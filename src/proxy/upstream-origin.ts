import { isIP } from 'node:net';

/** Where an endpoint's upstream is. */
export interface UpstreamOrigin {
  /** As configured, without a trailing slash: for messages. */
  readonly href: string;
  readonly tls: boolean;
  /** Host name or address, without brackets. */
  readonly hostname: string;
  readonly isAddress: boolean;
  readonly port: number;
  /** Value of the `Host` header. */
  readonly host: string;
  /** Base path without a trailing slash, `''` for none. */
  readonly basePath: string;
}

/** @throws TypeError when `upstream` is not an http or https URL. */
export function upstreamOrigin(upstream: string): UpstreamOrigin {
  const url = new URL(upstream);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`upstream ${upstream} is neither an http nor an https URL`);
  }
  const tls = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  return {
    href: upstream.replace(/\/+$/, ''),
    tls,
    hostname,
    isAddress: isIP(hostname) !== 0,
    port: url.port === '' ? defaultPort(tls) : Number(url.port),
    host: url.host,
    basePath: url.pathname.replace(/\/+$/, ''),
  };
}

function defaultPort(tls: boolean): number {
  return tls ? 443 : 80;
}
