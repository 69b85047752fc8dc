import { type CronSchedule, slotsBetween } from './cron-schedule.ts';
import type { EpochMicros, Micros } from './units.ts';

/** When a job runs, and what becomes of slots that passed while nobody was there. */
export interface JobSpec {
  readonly schedule: CronSchedule;
  readonly zone: string;
  /** `newest`: only the last missed slot. `each`: every one, in order. */
  readonly catchUp: 'newest' | 'each';
  /** Older slots are let go. */
  readonly maxAgeUs: Micros;
  /** A job that never ran: starts with the last slot in this span, or with the next one when 0. */
  readonly firstLookBackUs: Micros;
  /** Tries of one slot, two minutes apart. 1: what failed is left to the next slot. */
  readonly maxAttempts: number;
}

export interface DueRun {
  readonly slot: EpochMicros;
  /** Missed: later than the tick that should have caught it. */
  readonly late: boolean;
}

/** A tick comes every minute; a slot found later than this was missed. */
const LATE_AFTER_US = 150 * 1_000_000;

/**
 * The slots that are due at `now`, oldest first. `lastRun` is the newest slot that was taken; `null`: none
 * ever. A clock that was set back gives nothing new; one that
 * was set forward gives what a pause of the same length would have given.
 */
export function dueRuns(
  lastRun: EpochMicros | null,
  now: EpochMicros,
  spec: JobSpec,
): readonly DueRun[] {
  const oldest = now - spec.maxAgeUs;
  const after = lastRun ?? now - Math.max(spec.firstLookBackUs, LATE_AFTER_US);
  const slots = slotsBetween(spec.schedule, spec.zone, {
    after: Math.max(after, oldest),
    until: now,
  });
  const taken = spec.catchUp === 'newest' ? slots.slice(-1) : slots;
  return taken.map((slot) => ({ slot, late: now - slot > LATE_AFTER_US }));
}
