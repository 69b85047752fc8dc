import { crashRecovered } from '../core/crash-recovery.ts';
import type { ClosedRequest } from '../core/request-record.ts';
import type { EpochMicros } from '../core/units.ts';
import type { JournalEntry } from '../ports/journal.ts';
import type { OpenRequests } from './open-requests.ts';

/** What a run of entries means for the ledger, given what was open before it. */
export interface Replay {
  readonly closed: ClosedRequest[];
  /** Ids among `closed` whose end nobody wrote: their process died. */
  readonly recovered: Set<string>;
  readonly open: OpenRequests;
  readonly lastEntryAt: EpochMicros;
  /** Parked requests that the segment's head has repeated so far; `null` behind the head. */
  readonly carried: Set<string> | null;
}

export interface ReplayState {
  readonly open: OpenRequests;
  readonly lastEntryAt: EpochMicros;
  readonly carried: Set<string> | null;
}

type ReplayEntry = JournalEntry | { readonly type: 'segment'; readonly at: EpochMicros };

/**
 * Reads entries in order. A `boot` ends everything that is open, but for the parked requests which the head
 * of its segment has carried over.
 */
export function replay(state: ReplayState, entries: readonly ReplayEntry[]): Replay {
  const closed: ClosedRequest[] = [];
  const recovered = new Set<string>();
  const open: OpenRequests = new Map(state.open);
  let { lastEntryAt, carried } = state;
  const seen = (at: EpochMicros) => {
    lastEntryAt = Math.max(lastEntryAt, at);
  };
  const visit: { [Type in ReplayEntry['type']]: (entry: EntryOf<Type>) => void } = {
    segment: () => {
      carried = new Set();
    },
    opened: ({ request }) => {
      open.set(request.id, { request, parked: null });
      seen(request.startedAt);
    },
    parked: ({ parked: { request, ...parked } }) => {
      carried?.add(request.id);
      open.set(request.id, { request, parked });
      seen(request.startedAt + parked.parkedAtUs);
    },
    closed: ({ request }) => {
      open.delete(request.id);
      closed.push(request);
      seen(request.startedAt + request.durationUs);
    },
    alive: ({ at }) => seen(at),
    boot: ({ at }) => {
      for (const [id, interrupted] of open) {
        // A head read in two parts has lost count of the first; what is parked then stays so.
        if (carried === null ? interrupted.parked !== null : carried.has(id)) continue;
        closed.push(crashRecovered(interrupted, lastEntryAt));
        recovered.add(id);
        open.delete(id);
      }
      seen(at);
    },
  };
  for (const entry of entries) {
    (visit[entry.type] as (entry: ReplayEntry) => void)(entry);
    if (entry.type !== 'segment' && entry.type !== 'parked') carried = null;
  }
  return { closed, recovered, open, lastEntryAt, carried };
}

type EntryOf<Type> = Extract<ReplayEntry, { readonly type: Type }>;
