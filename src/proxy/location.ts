import type { UpstreamOrigin } from './upstream-origin.ts';

/**
 * A `Location` that keeps the client on the proxy, in the form in which it addressed it: a path on the
 * same origin, so that it holds whatever host and scheme the client used. `null`: leave it as it is,
 * because it is relative to the request or leads elsewhere.
 * @param place what the client's path has before the upstream's, and which path of the upstream that is.
 */
export function proxiedLocation(
  location: string,
  origin: UpstreamOrigin,
  place: { readonly prefix: string; readonly base: string },
): string | null {
  const path = pathAt(location, origin);
  if (path === null || (path === location && place.prefix === '' && place.base === '')) {
    return null;
  }
  return withinBase(path, place.base, place.prefix);
}

/** Path and query of a location that leads to the upstream, else `null`. */
function pathAt(location: string, origin: UpstreamOrigin): string | null {
  if (location.startsWith('/') && !location.startsWith('//')) {
    return location;
  }
  const scheme = origin.tls ? 'https:' : 'http:';
  const authority = /^(?:([a-z][a-z0-9+.-]*:))?\/\/([^/?#]*)(.*)$/i.exec(location);
  if (authority === null) {
    return null;
  }
  const [, itsScheme = scheme, host = '', rest = ''] = authority;
  if (!isSameHost(host, origin, itsScheme.toLowerCase())) {
    return null;
  }
  return rest.startsWith('/') ? rest : `/${rest}`;
}

// The scheme may differ: an upstream behind a TLS front often writes http:// in its redirects.
function isSameHost(host: string, origin: UpstreamOrigin, scheme: string): boolean {
  const name = host.toLowerCase();
  return (
    name === origin.host ||
    name === `${origin.host}${scheme === 'https:' ? ':443' : ':80'}` ||
    (origin.isAddress && name === `${origin.hostname}:${origin.port}`)
  );
}

function withinBase(path: string, base: string, prefix: string): string | null {
  if (base === '') {
    return prefix + path;
  }
  const rest = path.slice(base.length);
  const inside = path.startsWith(base) && (rest === '' || /^[/?#]/.test(rest));
  // Outside of the base path the proxy cannot address it.
  return inside ? `${prefix}${rest}` || '/' : null;
}
