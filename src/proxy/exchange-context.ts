import type { IncomingMessage } from 'node:http';
import type { ClosedRequest, OpenedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { JournalWriter } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import type { ClientSide } from './client-side.ts';
import type { EndpointRuntime } from './endpoint-runtime.ts';
import type { ParkedExchange, RedirectChains } from './redirect-chain.ts';
import type { UpstreamHeadInput } from './request-headers.ts';
import type { UploadMeans } from './upload.ts';
import type { BodyFraming } from './upload-framing.ts';

/** What every request of one proxy shares. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly journal: JournalWriter;
  readonly onJournalFailure: 'forward' | 'refuse';
  /** `x-tripmeter-request-id` and `Server-Timing` on responses. */
  readonly responseHeaders: boolean;
  readonly abortGraceUs: Micros;
  readonly log: Log;
  readonly chains: RedirectChains;
  readonly uploads: UploadMeans;
}

/** One request as it was accepted. */
export interface ExchangeInput {
  readonly request: IncomingMessage;
  readonly client: ClientSide;
  readonly endpoint: EndpointRuntime;
  readonly opened: OpenedRequest;
  /** Monotonic reading at the start of the logical request; a parked one has started long before. */
  readonly startedUs: Micros;
  readonly head: UpstreamHeadInput;
  readonly bodyFraming: BodyFraming;
  /** How the client addressed the endpoint. */
  readonly place: { readonly prefix: string; readonly base: string };
  /** The client speaks HTTP/1.0: it understands no chunks. */
  readonly http10: boolean;
  /** The call that this request asks Modal to go on with, from its URL. */
  readonly functionCallId: string | null;
  /** The parked request that it continues. */
  readonly joined: ParkedExchange | null;
  /** Bytes that came behind the head of a request for another protocol; `null` for a plain request. */
  readonly upgrade: Buffer | null;
  /** The record is written and the client has been given the end; `null` when it was parked. */
  readonly ended: (closed: ClosedRequest | null) => void;
}
