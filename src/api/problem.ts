import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import { issueMessage } from '../config/issue-message.ts';
import type { RouteReply } from './route.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** What is wrong, for a machine (RFC 9457). */
export function problemText(status: number, detail: string): string {
  const title = STATUS_CODES[status] ?? 'Error';
  return JSON.stringify({ type: 'about:blank', title, status, detail });
}

/** An answer that says what is wrong. */
export function problem(status: number, detail: string): RouteReply {
  return { status, contentType: PROBLEM_TYPE, body: problemText(status, detail) };
}

/** What is wrong with a query or a body, in the words that the configuration's problems have. */
export function issuesText({ issues }: z.ZodError): string {
  return issues
    .map((issue) => [issue.path.map(String).join('.'), issueMessage(issue)])
    .map(([path, message]) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
}
