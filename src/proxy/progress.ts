import type { OpenedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import type { ParkedRequest } from '../ports/journal.ts';
import type { ResponseNotes } from './response-headers.ts';
import { NOTHING_READ, type TapReading } from './usage/response-tap.ts';

/** What has been measured of a request so far. Offsets count from its start. */
export interface Progress {
  readonly opened: OpenedRequest;
  status: number | null;
  sentUs: Micros | null;
  firstByteUs: Micros | null;
  lastByteUs: Micros | null;
  /** The proxy's own time of legs and steps that are over. */
  overheadUs: Micros;
  execUs: Micros | null;
  bytesIn: number;
  bytesOut: number;
  chunks: number;
  streamed: boolean;
  notes: ResponseNotes | null;
  /** First bytes of a failed response. */
  bodyPrefix: string;
  reading: TapReading;
  digest: string | null;
  functionCallId: string | null;
  legs: number;
  retries: number;
}

/** @param joined the request has been going on for some legs. */
export function startProgress(opened: OpenedRequest, joined: ParkedRequest | null): Progress {
  const progress = freshProgress(opened);
  if (joined !== null) {
    progress.legs = joined.legs + 1;
    progress.sentUs = joined.sentUs;
    progress.overheadUs = joined.overheadUs;
    progress.bytesIn = joined.bytesIn;
    progress.bytesOut = joined.bytesOut;
    progress.functionCallId = joined.functionCallId;
  }
  return progress;
}

function freshProgress(opened: OpenedRequest): Progress {
  return {
    opened,
    status: null,
    sentUs: null,
    firstByteUs: null,
    lastByteUs: null,
    overheadUs: 0,
    execUs: null,
    bytesIn: 0,
    bytesOut: 0,
    chunks: 0,
    streamed: false,
    notes: null,
    bodyPrefix: '',
    reading: NOTHING_READ,
    digest: null,
    functionCallId: null,
    legs: 1,
    retries: 0,
  };
}
