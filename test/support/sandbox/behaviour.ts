import type { Micros } from '../../../src/core/units.ts';

/** The request as the container sees it. */
export interface ContainerRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Aborted when Modal cancels the call: caller gone, function timeout, preemption. */
  readonly signal: AbortSignal;
  /** Works for a while. Rejects when the call is cancelled. */
  work(duration: Micros): Promise<void>;
  /** A number that the caller put into an `x-sandbox-…` header, else the fallback. */
  knob(name: string, fallback: number): number;
}

/** The response as the container writes it. */
export interface ContainerResponse {
  head(status: number, headers: Readonly<Record<string, string | readonly string[]>>): void;
  write(chunk: string | Buffer): void;
  end(chunk?: string | Buffer): void;
  /** The container dies: the connection is cut without an end. */
  reset(): void;
}

/** What the user's code does with a request. */
export type Behaviour = (
  request: ContainerRequest,
  response: ContainerResponse,
) => Promise<void> | void;

/** One JSON response with its length, as FastAPI sends it. */
export function sendJson(response: ContainerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.head(status, {
    'content-type': 'application/json',
    'content-length': String(body.length),
  });
  response.end(body);
}
