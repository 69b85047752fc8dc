import { parseCron } from '../core/cron-schedule.ts';
import { MICROS_PER_HOUR } from '../core/units.ts';
import type { Job } from '../ports/jobs.ts';

/** Four times an hour: lives of containers, and where calls ran. What one run misses the next asks. */
export function pullContainersJob(pull: (signal: AbortSignal) => Promise<unknown>): Job {
  return {
    name: 'modal-containers',
    spec: {
      schedule: parseCron('*/15 * * * *'),
      zone: 'UTC',
      catchUp: 'newest',
      maxAgeUs: MICROS_PER_HOUR,
      firstLookBackUs: MICROS_PER_HOUR,
      maxAttempts: 1,
    },
    run: async ({ signal }) => {
      await pull(signal);
    },
  };
}
