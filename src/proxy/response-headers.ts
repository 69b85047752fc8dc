import { IDENTITY_HEADER_PREFIX, IDENTITY_HEADERS } from '../core/identity-headers.ts';
import type { ResponseHead } from './response-head.ts';

/** What the proxy itself wants to know of a response head. */
export interface ResponseNotes {
  contentType: string | null;
  contentEncoding: string | null;
  functionCallId: string | null;
  location: string | null;
  /** The identity headers, by their names in `IDENTITY_HEADERS`. */
  identity: Partial<Record<keyof typeof IDENTITY_HEADERS, string>> | null;
}

export interface ClientHead {
  /** Name, value, …, for the client: order, case and repeats as the upstream sent them. */
  readonly headers: string[];
  readonly notes: ResponseNotes;
  /** Index of the value of `Location` in `headers`, -1 when there is none. */
  readonly locationIndex: number;
}

const IDENTITY_NAMES: ReadonlyMap<string, keyof typeof IDENTITY_HEADERS> = new Map(
  Object.entries(IDENTITY_HEADERS).map(([key, name]) => [
    name,
    key as keyof typeof IDENTITY_HEADERS,
  ]),
);

/**
 * The client's header section: the upstream's, except the hop-by-hop headers and the container's identity.
 * @param framing `received`: the body's framing is passed on; `dropped`: its headers are left out.
 */
export function clientHead(head: ResponseHead, framing: 'received' | 'dropped'): ClientHead {
  const headers: string[] = [];
  const notes: ResponseNotes = {
    contentType: null,
    contentEncoding: null,
    functionCallId: null,
    location: null,
    identity: null,
  };
  let locationIndex = -1;
  for (let index = 0; index < head.headers.length; index += 2) {
    const name = head.headers[index] ?? '';
    const value = head.headers[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (keep(lower, value, notes, framing) && isPassedOn(head, lower)) {
      headers.push(name, value);
      if (lower === 'location') {
        locationIndex = headers.length - 1;
      }
    }
  }
  return { headers, notes, locationIndex };
}

function keep(
  name: string,
  value: string,
  notes: ResponseNotes,
  framing: 'received' | 'dropped',
): boolean {
  switch (name) {
    case 'content-type':
      notes.contentType = value;
      return true;
    case 'content-encoding':
      notes.contentEncoding = value;
      return true;
    case 'location':
      notes.location = value;
      return true;
    case 'modal-function-call-id':
      notes.functionCallId = value;
      return true;
    case 'transfer-encoding':
    case 'content-length':
    case 'trailer':
      return framing === 'received';
    case 'connection':
    case 'keep-alive':
    case 'proxy-connection':
    case 'upgrade':
      return false;
    default:
      return !isIdentity(name, value, notes);
  }
}

function isIdentity(name: string, value: string, notes: ResponseNotes): boolean {
  if (name.charCodeAt(0) !== 0x78 || !name.startsWith(IDENTITY_HEADER_PREFIX)) {
    return false;
  }
  const key = IDENTITY_NAMES.get(name);
  if (key !== undefined) {
    notes.identity ??= {};
    notes.identity[key] = value;
  }
  return true;
}

/** Not named by `Connection`; and `Trailer` only where chunks can carry one, as node insists. */
function isPassedOn(head: ResponseHead, name: string): boolean {
  if (name === 'trailer') {
    return head.chunked;
  }
  return (
    head.nominated === null ||
    name === 'content-length' ||
    name === 'transfer-encoding' ||
    !head.nominated.includes(name)
  );
}
