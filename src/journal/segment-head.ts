import type { EpochMicros } from '../core/units.ts';
import type { ParkedRequest } from '../ports/journal.ts';
import { encodeEntry, type StoredEntry } from './entry-codec.ts';
import { frameCapacityFor, putFrame } from './frame.ts';

interface SegmentHeadSettings {
  readonly segment: number;
  readonly instance: string;
  readonly at: EpochMicros;
  readonly parked: Iterable<ParkedRequest>;
  /** True for a process's first segment. */
  readonly boot: boolean;
}

/**
 * The frames that every segment starts with: what it is, what is parked, and in a process's first
 * segment `boot`, after which whatever was open and is not repeated here has ended.
 */
export function segmentHead(settings: SegmentHeadSettings): Buffer {
  const { segment, instance, at, parked, boot } = settings;
  const entries: StoredEntry[] = [{ type: 'segment', segment, instance, at }];
  for (const request of parked) entries.push({ type: 'parked', parked: request });
  if (boot) entries.push({ type: 'boot', instance, at });
  return Buffer.concat(entries.map(frameOf));
}

function frameOf(entry: StoredEntry): Buffer {
  const payload = encodeEntry(entry);
  const bytes = Buffer.alloc(frameCapacityFor(payload.length));
  return bytes.subarray(0, putFrame(bytes, 0, payload));
}
