import type { ClosedRequest, OpenedRequest } from '../core/request-record.ts';
import type { EpochMicros } from '../core/units.ts';
import type { JournalEntry, ParkedRequest } from '../ports/journal.ts';

/** First frame of every segment: what the file is, whoever finds it. */
interface SegmentHead {
  readonly type: 'segment';
  readonly segment: number;
  readonly instance: string;
  readonly at: EpochMicros;
}

export type StoredEntry = JournalEntry | SegmentHead;

/**
 * An entry as a JSON array by position: half the size of an object, and quicker both ways. The version
 * is raised when a position changes its meaning; new fields go to the end and read as `null` where an
 * older program wrote the entry.
 */
const ENTRY_VERSION = 1;

export function encodeEntry(entry: StoredEntry): string {
  switch (entry.type) {
    case 'closed':
      return JSON.stringify(packed('c', CLOSED_FIELDS, entry.request));
    case 'opened':
      return JSON.stringify(packed('o', OPENED_FIELDS, entry.request));
    case 'parked': {
      const { request, ...leg } = entry.parked;
      const fields = packed('p', PARKED_FIELDS, leg);
      return JSON.stringify([...fields, packed('o', OPENED_FIELDS, request)]);
    }
    case 'alive':
      return JSON.stringify(['a', ENTRY_VERSION, entry.at]);
    case 'boot':
      return JSON.stringify(['b', ENTRY_VERSION, entry.at, entry.instance]);
    case 'segment':
      return JSON.stringify(['s', ENTRY_VERSION, entry.at, entry.instance, entry.segment]);
  }
}

/** `null` when the payload is no entry that this version knows. */
export function decodeEntry(payload: string): StoredEntry | null {
  let fields: unknown;
  try {
    fields = JSON.parse(payload);
  } catch {
    return null;
  }
  if (!Array.isArray(fields) || fields[1] !== ENTRY_VERSION) return null;
  return entryOf(fields);
}

function entryOf(fields: unknown[]): StoredEntry | null {
  switch (fields[0]) {
    case 'c':
      return { type: 'closed', request: unpacked(CLOSED_FIELDS, NO_CLOSED, fields) };
    case 'o':
      return { type: 'opened', request: unpacked(OPENED_FIELDS, NO_OPENED, fields) };
    case 'p': {
      const opened = fields[PARKED_FIELDS.length + 2];
      if (!Array.isArray(opened)) return null;
      const request = unpacked(OPENED_FIELDS, NO_OPENED, opened);
      return { type: 'parked', parked: { ...unpacked(PARKED_FIELDS, NO_LEG, fields), request } };
    }
    case 'a':
      return { type: 'alive', at: Number(fields[2]) };
    case 'b':
      return { type: 'boot', at: Number(fields[2]), instance: String(fields[3]) };
    case 's': {
      const [, , at, instance, segment] = fields;
      return {
        type: 'segment',
        at: Number(at),
        instance: String(instance),
        segment: Number(segment),
      };
    }
    default:
      return null;
  }
}

function packed<T extends object>(type: string, names: readonly (keyof T)[], from: T): unknown[] {
  const fields = new Array<unknown>(names.length + 2);
  fields[0] = type;
  fields[1] = ENTRY_VERSION;
  for (let index = 0; index < names.length; index++)
    fields[index + 2] = from[names[index] as keyof T];
  return fields;
}

/** A copy of the all-`null` record keeps one object shape for every record, which makes reading quick. */
function unpacked<T extends object>(names: readonly (keyof T)[], empty: T, fields: unknown[]): T {
  const record = { ...empty };
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as keyof T;
    const value = fields[index + 2];
    if (value !== undefined) record[name] = value as T[keyof T];
  }
  return record;
}

function nullRecord<T>(names: readonly (keyof T)[]): T {
  return JSON.parse(JSON.stringify(Object.fromEntries(names.map((name) => [name, null])))) as T;
}

type Leg = Omit<ParkedRequest, 'request'>;

/** All keys of `T` exactly once, else a type error names what is missing. */
function everyFieldOf<T>() {
  return <const Names extends readonly (keyof T)[]>(
    names: Names & (Exclude<keyof T, Names[number]> extends never ? unknown : never),
  ): readonly (keyof T)[] => names;
}

const OPENED_FIELDS = everyFieldOf<OpenedRequest>()([
  ...(['id', 'endpoint', 'pool', 'operation', 'client', 'group', 'tags', 'method'] as const),
  ...(['path', 'startedAt', 'traceId', 'parentSpanId', 'clientCountry'] as const),
]);

export const CLOSED_FIELDS = everyFieldOf<ClosedRequest>()([
  ...(['id', 'endpoint', 'pool', 'operation', 'client', 'group', 'tags', 'method'] as const),
  ...(['path', 'startedAt', 'traceId', 'parentSpanId', 'clientCountry'] as const),
  ...(['functionCallId', 'containerId', 'containerRegion', 'containerCloud'] as const),
  ...(['coldStart', 'readyDelayUs', 'containerAgeUs', 'containerRequestsBefore'] as const),
  ...(['containerInFlight', 'queueUs', 'generationUs', 'model', 'tokensIn', 'tokensOut'] as const),
  ...(['tokensCached', 'tokensReasoning', 'finishReason', 'outcome', 'status'] as const),
  ...(['errorClass', 'paid', 'diagnosis', 'sentUs', 'firstByteUs', 'firstTokenUs'] as const),
  ...(['lastByteUs', 'upstreamEndUs', 'durationUs', 'overheadUs', 'execEstimateUs'] as const),
  ...(['bytesIn', 'bytesOut', 'chunks', 'streamed', 'contentType', 'contentEncoding'] as const),
  ...(['digest', 'legs', 'retries'] as const),
]);

const PARKED_FIELDS = everyFieldOf<Leg>()([
  ...(['functionCallId', 'legs', 'parkedAtUs', 'sentUs', 'overheadUs', 'execEstimateUs'] as const),
  ...(['bytesIn', 'bytesOut'] as const),
]);

const NO_OPENED = nullRecord(OPENED_FIELDS);
const NO_CLOSED = nullRecord(CLOSED_FIELDS);
const NO_LEG = nullRecord(PARKED_FIELDS);
