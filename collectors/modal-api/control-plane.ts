/**
 * The part of Modal's control-plane client that tripmeter calls. The package `modal` has no public class for
 * billing; these methods are on its generated gRPC client (`client.cpClient`), which Modal may change, so
 * everything that comes back is checked by a `wire.ts` before it is used.
 */
export interface ControlPlane {
  workspaceBillingReport(
    request: BillingReportRequest,
    options: CallOptions,
  ): AsyncIterable<unknown>;
  workspaceBillingRates(request: Record<string, never>, options: CallOptions): Promise<unknown>;
}

interface CallOptions {
  readonly signal: AbortSignal;
}

/** `[startTimestamp, endTimestamp)`, resolution `d` or `h`; an empty list means no filter. */
interface BillingReportRequest {
  readonly startTimestamp: Date;
  readonly endTimestamp: Date;
  readonly resolution: 'd' | 'h';
  readonly tagNames: string[];
  readonly environmentIds: string[];
  readonly appIds: string[];
}
