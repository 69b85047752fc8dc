/**
 * The part of Modal's control-plane client that tripmeter calls. The package `modal` has no public class for
 * these methods: they are on its generated gRPC client (`client.cpClient`), which Modal may change, so
 * everything that comes back is checked by a `wire.ts` before it is used.
 */
export interface ControlPlane {
  workspaceBillingReport(
    request: BillingReportRequest,
    options: CallOptions,
  ): AsyncIterable<unknown>;
  workspaceBillingRates(request: Record<string, never>, options: CallOptions): Promise<unknown>;
  /** A container's life: enqueued, ready, finished. */
  taskGetInfo(request: { readonly taskId: string }, options: CallOptions): Promise<unknown>;
  /** Which function a call belongs to. */
  functionCallFromId(
    request: { readonly functionCallId: string },
    options: CallOptions,
  ): Promise<unknown>;
  /** Inputs of a function that were enqueued in a window, at most 20,000, oldest first. */
  functionCallFetch(request: CallFetchRequest, options: CallOptions): Promise<unknown>;
}

interface CallOptions {
  readonly signal: AbortSignal;
}

/** `allVariants`: a parametrised class has a function for each set of parameters. */
interface CallFetchRequest {
  readonly functionId: string;
  readonly range: { readonly since: Date; readonly until: Date; readonly limit: number };
  readonly allVariants: boolean;
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
