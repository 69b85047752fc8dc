import type { ErrorClass } from '../core/outcome.ts';

/** An error that tripmeter itself answers: what is wrong, and how to fix it (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly cause: string;
  readonly fix: string;
  readonly errorClass: ErrorClass | null;
  /** Further header fields, e.g. `Retry-After`. */
  readonly headers?: readonly string[];
}

export function problemBody(problem: Problem, requestId: string | null): string {
  return JSON.stringify({
    type: 'about:blank',
    title: problem.title,
    status: problem.status,
    detail: `${problem.cause}. ${problem.fix}`,
    source: 'tripmeter',
    cause: problem.cause,
    fix: problem.fix,
    ...(problem.errorClass === null ? {} : { errorClass: problem.errorClass }),
    ...(requestId === null ? {} : { requestId }),
  });
}

/** Name, value, …: headers of a problem response. */
export function problemHeaders(problem: Problem, body: string): string[] {
  return [
    'Content-Type',
    'application/problem+json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...(problem.headers ?? []),
  ];
}

/** The whole response as bytes, for a socket whose request could not be parsed. */
export function rawProblem(problem: Problem, reason: string): string {
  const body = problemBody(problem, null);
  const headers = [...problemHeaders(problem, body), 'Connection', 'close'];
  let head = `HTTP/1.1 ${problem.status} ${reason}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  }
  return `${head}\r\n${body}`;
}
