import type { RouteReply } from './route.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** What is wrong, for a machine (RFC 9457). */
export function problemText(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: 'tripmeter', status, detail });
}

/** An answer that says what is wrong. */
export function problem(status: number, detail: string): RouteReply {
  return { status, contentType: PROBLEM_TYPE, body: problemText(status, detail) };
}
