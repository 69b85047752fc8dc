import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { FREE_STATUSES } from '../wire-fields.ts';
import type { Call } from './calls.ts';

type Ending = Pick<ClosedRequest, 'outcome' | 'status' | 'errorClass' | 'paid' | 'diagnosis'>;

/** A failure faster than this never left the client. */
const NEVER_SENT_US = 50_000;
/** Requests freed by one event loop end within this. */
const RELEASED_TOGETHER_US = 100_000;

/** How a call ended, from the text of its error; `others` are the calls of the same file. */
export function endingOf(call: Call, others: readonly Call[]): Ending {
  if (call.succeeded) {
    return { outcome: 'ok', status: 200, errorClass: null, paid: 'yes', diagnosis: null };
  }
  if (call.durationUs < NEVER_SENT_US) {
    return { ...FAILED, outcome: 'connect_failed', paid: 'no' };
  }
  const text = call.error ?? '';
  const status = Number(/\bHTTP (\d{3})\b/.exec(text)?.[1] ?? Number.NaN);
  if (status === 408 && text.includes('Missing request')) {
    const blocked = others.some((other) => releasedTogether(call, other));
    const diagnosis = blocked ? 'event_loop_blocked' : null;
    const errorClass = 'modal_missing_request';
    return { outcome: 'upstream_error', status, errorClass, paid: 'yes', diagnosis };
  }
  if (status >= 400) {
    const paid = FREE_STATUSES.has(status) ? 'no' : 'unknown';
    return { ...FAILED, outcome: 'upstream_error', status, paid };
  }
  if (/timed? ?out/i.test(text)) {
    return { ...FAILED, outcome: 'upstream_timeout', errorClass: 'upstream_timeout' };
  }
  return { ...FAILED, outcome: 'app_error', errorClass: 'app_error' };
}

const FAILED = { status: null, errorClass: null, paid: 'unknown', diagnosis: null } as const;

/**
 * The container answers 408 by itself when its event loop could not read the request. If a call that ran
 * meanwhile ended at the same moment, it was that call which blocked the loop.
 */
function releasedTogether(call: Call, other: Call): boolean {
  const end = call.startedAt + call.durationUs;
  const otherEnd = other.startedAt + other.durationUs;
  return (
    other.succeeded && other.startedAt < end && Math.abs(otherEnd - end) <= RELEASED_TOGETHER_US
  );
}
