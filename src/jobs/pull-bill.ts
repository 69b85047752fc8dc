import { parseCron } from '../core/cron-schedule.ts';
import { MICROS_PER_HOUR } from '../core/units.ts';
import type { Job } from '../ports/jobs.ts';

/** Every hour, when the hour before is likely to be in the report: Modal's bill. */
export function pullBillJob(pull: (signal: AbortSignal) => Promise<unknown>): Job {
  return {
    name: 'modal-billing',
    spec: {
      schedule: parseCron('23 * * * *'),
      zone: 'UTC',
      catchUp: 'newest',
      maxAgeUs: MICROS_PER_HOUR,
      firstLookBackUs: MICROS_PER_HOUR,
      maxAttempts: 3,
    },
    run: async ({ signal }) => {
      await pull(signal);
    },
  };
}
