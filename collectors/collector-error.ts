/** Why a collector could not deliver. The closed set that jobs, status and alerts know. */
export type CollectorErrorCode =
  /** Modal refused the token. Final until somebody changes it. */
  | 'auth'
  /** The workspace's plan, or the token's role, does not include this call. Final. */
  | 'plan'
  /** Too many calls. Retryable. */
  | 'rate_limited'
  /** Refused, unreachable, timed out or broken inside. Retryable. */
  | 'unavailable'
  /** The answer stopped before its end; nothing of it was used. Retryable. */
  | 'partial'
  /** The answer, or the file, says something that cannot be right. Final. */
  | 'bad_data'
  /** An optional package is missing. Final. */
  | 'not_installed';

/** A collector's failure: says what is wrong, where, and what to do. Nothing was imported half-way. */
export class CollectorError extends Error {
  override readonly name = 'CollectorError';
  readonly code: CollectorErrorCode;
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;

  constructor(code: CollectorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryable = code === 'rate_limited' || code === 'unavailable' || code === 'partial';
  }
}
