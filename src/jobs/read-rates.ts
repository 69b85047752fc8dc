import { parseCron } from '../core/cron-schedule.ts';
import { MICROS_PER_DAY } from '../core/units.ts';
import type { Job } from '../ports/jobs.ts';

/** Once a day, and at the first start: the workspace's own prices. */
export function readRatesJob(read: (signal: AbortSignal) => Promise<unknown>): Job {
  return {
    name: 'modal-rates',
    spec: {
      schedule: parseCron('41 3 * * *'),
      zone: 'UTC',
      catchUp: 'newest',
      maxAgeUs: MICROS_PER_DAY,
      firstLookBackUs: MICROS_PER_DAY,
      maxAttempts: 3,
    },
    run: async ({ signal }) => {
      await read(signal);
    },
  };
}
