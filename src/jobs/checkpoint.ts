import { parseCron } from '../core/cron-schedule.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../core/units.ts';
import type { Job } from '../ports/jobs.ts';

/** The quarterly checkpoint (report 8.2): on the first day of each quarter, for the one that ended. */
export function checkpointJob(zone: string, record: (slot: EpochMicros) => Promise<unknown>): Job {
  return {
    name: 'checkpoint',
    spec: {
      schedule: parseCron('0 9 1 1,4,7,10 *'),
      zone,
      catchUp: 'newest',
      maxAgeUs: 90 * MICROS_PER_DAY,
      firstLookBackUs: 0,
      maxAttempts: 10,
    },
    run: async ({ slot }) => {
      await record(slot);
    },
  };
}
