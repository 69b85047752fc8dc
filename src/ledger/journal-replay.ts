import { crashRecovered } from '../core/crash-recovery.ts';
import type { ClosedRequest } from '../core/request-record.ts';
import type { EpochMicros, Micros } from '../core/units.ts';
import type { JournalEntry } from '../ports/journal.ts';
import type { OpenRequests } from './open-requests.ts';

/** What a run of entries means for the ledger, given what was open before it. */
export interface Replay extends ReplayState {
  readonly closed: ClosedRequest[];
  /** Ids among `closed` whose end nobody wrote: their process died. */
  readonly recovered: Set<string>;
}

export interface ReplayState {
  readonly open: OpenRequests;
  /** The last sign of life of the process that writes, by its clock as it goes now. */
  readonly lastEntryAt: EpochMicros;
  /** What its clock last read; `null` when that is not known. */
  readonly clockAt: EpochMicros | null;
  /** Parked requests that the segment's head has repeated so far; `null` behind the head. */
  readonly carried: Set<string> | null;
}

/** A process takes no smaller step of its clock, so what goes back by less is only out of order. */
const STEP_BACK_US = 1_000_000;
/**
 * With requests open, a process says once a second that it lives. In a gap like this nobody worked: the clock was
 * set, or the machine slept.
 */
const STEP_FORWARD_US = 600_000_000;
/** How much later than the clock's last reading an end can be, that is computed from a request's start. */
const ALIVE_WITHIN_US = 2_000_000;

type ReplayEntry = JournalEntry | { readonly type: 'segment'; readonly at: EpochMicros };

/**
 * Reads entries in order. A `boot` ends everything that is open, but for the parked requests which the head
 * of its segment has carried over.
 */
export function replay(state: ReplayState, entries: readonly ReplayEntry[]): Replay {
  const closed: ClosedRequest[] = [];
  const recovered = new Set<string>();
  const open: OpenRequests = new Map(state.open);
  let { lastEntryAt, clockAt, carried } = state;
  /** The clock was read. It is believed also when it goes back: it may have been ahead. */
  const read = (at: EpochMicros) => {
    const step = at - (clockAt ?? at);
    if (step < -STEP_BACK_US || step > STEP_FORWARD_US) shiftAll(open, step);
    clockAt = at;
    lastEntryAt = at;
  };
  /** An end by the clock as it went when its request began: a step since then is not in it. */
  const ended = (at: EpochMicros) => {
    lastEntryAt = Math.max(lastEntryAt, Math.min(at, (clockAt ?? at) + ALIVE_WITHIN_US));
  };
  const visit: { [Type in ReplayEntry['type']]: (entry: EntryOf<Type>) => void } = {
    segment: () => {
      carried = new Set();
    },
    opened: ({ request }) => {
      read(request.startedAt);
      open.set(request.id, { request, parked: null });
    },
    parked: ({ parked: { request, ...parked } }) => {
      open.set(request.id, { ...open.get(request.id), request, parked });
      if (carried === null) ended(request.startedAt + parked.parkedAtUs);
      else carried.add(request.id);
    },
    closed: ({ request }) => {
      open.delete(request.id);
      closed.push(request);
      ended(request.startedAt + request.durationUs);
    },
    alive: ({ at }) => read(at),
    boot: ({ at }) => {
      for (const [id, interrupted] of open) {
        // A head read in two parts has lost count of the first; what is parked then stays so.
        if (carried === null ? interrupted.parked !== null : carried.has(id)) continue;
        closed.push(crashRecovered(interrupted, lastEntryAt, at));
        recovered.add(id);
        open.delete(id);
      }
      read(at);
    },
  };
  for (const entry of entries) {
    (visit[entry.type] as (entry: ReplayEntry) => void)(entry);
    if (entry.type !== 'segment' && entry.type !== 'parked') carried = null;
  }
  return { closed, recovered, open, lastEntryAt, clockAt, carried };
}

/** What is open did not last through the step. */
function shiftAll(open: OpenRequests, step: Micros): void {
  for (const [id, interrupted] of open) {
    open.set(id, { ...interrupted, steppedUs: (interrupted.steppedUs ?? 0) + step });
  }
}

type EntryOf<Type> = Extract<ReplayEntry, { readonly type: Type }>;
