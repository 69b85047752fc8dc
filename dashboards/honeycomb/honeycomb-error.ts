/** What Honeycomb refused, or could not do. `status` 0: it was not reached. */
export class HoneycombError extends Error {
  override readonly name = 'HoneycombError';
  readonly status: number;
  readonly call: string;

  constructor(call: string, status: number, reason: string, options?: ErrorOptions) {
    super(`Honeycomb ${call}: ${status === 0 ? '' : `HTTP ${status}, `}${reason}`, options);
    this.status = status;
    this.call = call;
  }
}
