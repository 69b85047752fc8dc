import { type UpstreamOrigin, upstreamOrigin } from './upstream-origin.ts';

/** How the client named the endpoint: what a rewritten `Location` must keep. */
export interface Route<Endpoint> {
  readonly endpoint: Endpoint;
  /** What stands before the upstream's path in the client's URL: `''`, `/generate`, `/host.modal.run`. */
  readonly prefix: string;
  /** Path of the upstream that `prefix` stands for: the endpoint's base path, or `''` below a host. */
  readonly base: string;
  /** Path and query for the upstream, byte for byte what the client sent. */
  readonly target: string;
}

interface Named {
  readonly name: string;
  readonly upstream: string;
}

interface Entry<Endpoint> {
  readonly endpoint: Endpoint;
  readonly origin: UpstreamOrigin;
}

/**
 * Finds the endpoint of a request: the first path segment names an endpoint or a configured upstream
 * host; with a single upstream, everything goes there. Nothing in the rest of the URL is decoded.
 */
export class Routing<Endpoint extends Named> {
  readonly #byName = new Map<string, Entry<Endpoint>>();
  /** Endpoints of one host, the longest base path first. */
  readonly #byHost = new Map<string, Entry<Endpoint>[]>();
  readonly #single: Entry<Endpoint> | null;

  constructor(endpoints: readonly Endpoint[], singleUpstream: string | null) {
    for (const endpoint of endpoints) {
      const entry = { endpoint, origin: upstreamOrigin(endpoint.upstream) };
      this.#byName.set(endpoint.name, entry);
      const sameHost = this.#byHost.get(entry.origin.host) ?? [];
      sameHost.push(entry);
      sameHost.sort((a, b) => b.origin.basePath.length - a.origin.basePath.length);
      this.#byHost.set(entry.origin.host, sameHost);
    }
    this.#single = this.#byName.get(singleUpstream ?? '') ?? null;
  }

  /** @param url request target as received: origin form, absolute form or `*`. */
  find(url: string): Route<Endpoint> | null {
    if (url === '*') {
      // Asks the server itself (RFC 9110, section 9.3.7): only one upstream can be meant.
      return this.#single && { endpoint: this.#single.endpoint, prefix: '', base: '', target: '*' };
    }
    const target = url.charCodeAt(0) === 0x2f ? url : originForm(url);
    if (this.#single !== null) {
      return below(this.#single, '', target);
    }
    const end = segmentEnd(target);
    const segment = target.slice(1, end);
    const named = this.#byName.get(segment);
    if (named !== undefined) {
      return below(named, target.slice(0, end), target.slice(end));
    }
    const sameHost = this.#byHost.get(segment.toLowerCase());
    return sameHost === undefined
      ? null
      : onHost(sameHost, target.slice(0, end), withSlash(target.slice(end)));
  }
}

function below<Endpoint>(
  { endpoint, origin }: Entry<Endpoint>,
  prefix: string,
  rest: string,
): Route<Endpoint> {
  const { basePath } = origin;
  return { endpoint, prefix, base: basePath, target: basePath + withSlash(rest) };
}

/** The URL as it would be without the proxy: the path is the host's, and tells endpoints of one host apart. */
function onHost<Endpoint>(
  sameHost: readonly Entry<Endpoint>[],
  prefix: string,
  path: string,
): Route<Endpoint> | null {
  const within = ({ origin: { basePath } }: Entry<Endpoint>): boolean =>
    path.startsWith(basePath) && /^($|[/?])/.test(path.slice(basePath.length));
  const entry = sameHost.find(within) ?? sameHost.at(-1);
  return entry === undefined ? null : { endpoint: entry.endpoint, prefix, base: '', target: path };
}

function withSlash(rest: string): string {
  return rest === '' || rest.charCodeAt(0) === 0x3f ? `/${rest}` : rest;
}

function segmentEnd(target: string): number {
  for (let at = 1; at < target.length; at += 1) {
    const code = target.charCodeAt(at);
    if (code === 0x2f || code === 0x3f) {
      return at;
    }
  }
  return target.length;
}

// Absolute form (RFC 9112, section 3.2.2): a client that takes us for a forward proxy.
function originForm(url: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*(.*)$/i.exec(url);
  const rest = match?.[1] ?? url;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
