import type { RouteReply } from './route.ts';

/** An answer that says what is wrong (RFC 9457). */
export function problem(status: number, detail: string): RouteReply {
  return {
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title: 'tripmeter', status, detail }),
  };
}
