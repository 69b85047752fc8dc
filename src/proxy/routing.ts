import { type UpstreamOrigin, upstreamOrigin } from './upstream-origin.ts';

/** How the client named the endpoint: what a rewritten `Location` must keep. */
export interface Route<Endpoint> {
  readonly endpoint: Endpoint;
  /** What stands before the upstream's path in the client's URL: `''`, `/generate`, `/host.modal.run`. */
  readonly prefix: string;
  /** Path and query for the upstream, byte for byte what the client sent. */
  readonly target: string;
}

interface Named {
  readonly name: string;
  readonly upstream: string;
}

/**
 * Finds the endpoint of a request: the first path segment names an endpoint or a configured upstream
 * host; with a single upstream, everything goes there. Nothing in the rest of the URL is decoded.
 */
export class Routing<Endpoint extends Named> {
  readonly #bySegment = new Map<string, { endpoint: Endpoint; origin: UpstreamOrigin }>();
  readonly #single: { endpoint: Endpoint; origin: UpstreamOrigin } | null;

  constructor(endpoints: readonly Endpoint[], singleUpstream: string | null) {
    const entries = endpoints.map((endpoint) => ({
      endpoint,
      origin: upstreamOrigin(endpoint.upstream),
    }));
    for (const entry of entries) {
      this.#bySegment.set(entry.origin.host, entry);
    }
    for (const entry of entries) {
      this.#bySegment.set(entry.endpoint.name, entry);
    }
    this.#single = entries.find(({ endpoint }) => endpoint.name === singleUpstream) ?? null;
  }

  /** @param url request target as received: origin form, absolute form or `*`. */
  find(url: string): Route<Endpoint> | null {
    if (url === '*') {
      // Asks the server itself (RFC 9110, section 9.3.7): only one upstream can be meant.
      return this.#single && { endpoint: this.#single.endpoint, prefix: '', target: '*' };
    }
    const target = url.charCodeAt(0) === 0x2f ? url : originForm(url);
    if (this.#single !== null) {
      return route(this.#single, '', target);
    }
    const end = segmentEnd(target);
    const segment = target.slice(1, end);
    const found = this.#bySegment.get(segment) ?? this.#bySegment.get(segment.toLowerCase());
    return found === undefined ? null : route(found, target.slice(0, end), target.slice(end));
  }
}

function route<Endpoint>(
  found: { endpoint: Endpoint; origin: UpstreamOrigin },
  prefix: string,
  rest: string,
): Route<Endpoint> {
  const path = rest === '' || rest.charCodeAt(0) === 0x3f ? `/${rest}` : rest;
  return { endpoint: found.endpoint, prefix, target: found.origin.basePath + path };
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
