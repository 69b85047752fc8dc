import type { z } from 'zod';

/** One documented route: what it takes, what it gives, and the function between. */
export interface Route<Query extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly query: Query;
  /** What a POST takes as JSON; without it the body is bytes that the route reads itself. */
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
  handle(query: z.output<Query>, request: RouteRequest): Promise<RouteReply>;
}

export interface RouteRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body as the route's schema gives it; `null` for a route without one. */
  readonly json: unknown;
}

/** A JSON value with status 200 unless said otherwise, or bytes of another type. */
export type RouteReply =
  | { readonly json: unknown; readonly status?: number }
  | { readonly body: string | Uint8Array; readonly contentType: string; readonly status?: number };

/** Keeps the query's type inside a list of routes of different queries. */
export function route<Query extends z.ZodType>(definition: Route<Query>): Route {
  return definition as unknown as Route;
}
