import { parseCron } from '../core/cron-schedule.ts';
import { type EpochMicros, MICROS_PER_HOUR } from '../core/units.ts';
import type { Job } from '../ports/jobs.ts';

/** Every ten minutes: what the hours that ended say of egress and latency. */
export function rollEvidenceJob(roll: (now: EpochMicros) => Promise<unknown>): Job {
  return {
    name: 'evidence',
    spec: {
      schedule: parseCron('*/10 * * * *'),
      zone: 'UTC',
      catchUp: 'newest',
      maxAgeUs: MICROS_PER_HOUR,
      firstLookBackUs: 0,
      maxAttempts: 1,
    },
    run: async ({ now }) => {
      await roll(now);
    },
  };
}
