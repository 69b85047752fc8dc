import type { ParkedRequest } from '../ports/journal.ts';
import { decodeEntry } from './entry-codec.ts';
import { frameAt, nextFrameFrom } from './frame.ts';
import { type JournalFs, segmentFile, segmentNumbers } from './segment-files.ts';

/**
 * Requests that were parked when the last process ended. The newest segment repeats, at its head, what
 * was parked before it; an older one is read only when the newest has lost its head.
 */
export function recoverParked(fs: JournalFs, dir: string): ParkedRequest[] {
  const newestFirst = segmentNumbers(fs, dir).reverse();
  const contents: Buffer[] = [];
  for (const segment of newestFirst) {
    const bytes = fs.readFileSync(segmentFile(dir, segment));
    contents.unshift(bytes);
    if (startsWithHead(bytes)) break;
  }
  const parked = new Map<string, ParkedRequest>();
  for (const bytes of contents) replayParked(bytes, parked);
  return [...parked.values()];
}

function startsWithHead(bytes: Buffer): boolean {
  const first = frameAt(bytes, 0);
  return first.state === 'whole' && typeOf(bytes, first.start) === 's';
}

function replayParked(bytes: Buffer, parked: Map<string, ParkedRequest>): void {
  let at = 0;
  while (at >= 0 && at < bytes.length) {
    const frame = frameAt(bytes, at);
    if (frame.state !== 'whole') {
      at = nextFrameFrom(bytes, at + 1);
      continue;
    }
    const type = typeOf(bytes, frame.start);
    // Ends matter only while something is parked: most segments are read without parsing one of them.
    if (type === 'p' || (type === 'c' && parked.size > 0)) {
      apply(bytes.toString('utf8', frame.start, frame.end), parked);
    }
    at = frame.end;
  }
}

function apply(payload: string, parked: Map<string, ParkedRequest>): void {
  const entry = decodeEntry(payload);
  if (entry?.type === 'parked') parked.set(entry.parked.request.id, entry.parked);
  if (entry?.type === 'closed') parked.delete(entry.request.id);
}

/** The letter of `["x",…`. */
function typeOf(bytes: Buffer, start: number): string {
  return String.fromCharCode(bytes[start + 2] ?? 0);
}
