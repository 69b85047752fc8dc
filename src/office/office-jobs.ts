import { parseCron } from '../core/cron-schedule.ts';
import type { JobSpec } from '../core/due-runs.ts';
import { MICROS_PER_HOUR } from '../core/units.ts';
import type { Job } from '../ports/jobs.ts';

export interface OfficeWork {
  readonly settle: () => Promise<unknown>;
  readonly retention: () => Promise<void>;
}

/** What happens when. A job that was missed runs once for its newest slot. */
export function officeJobs(work: OfficeWork): Job[] {
  return [
    {
      name: 'settle',
      spec: every('* * * * *'),
      run: async () => void (await work.settle()),
    },
    { name: 'retention', spec: every('17 * * * *'), run: () => work.retention() },
  ];
}

function every(cron: string): JobSpec {
  return {
    schedule: parseCron(cron),
    zone: 'UTC',
    catchUp: 'newest',
    maxAgeUs: MICROS_PER_HOUR,
    firstLookBackUs: 0,
    maxAttempts: 1,
  };
}
