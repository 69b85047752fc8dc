import { parseCron } from '../core/cron-schedule.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../core/units.ts';
import { quarterWindow, weekWindow, windowBefore } from '../core/zoned-time.ts';
import type { Job } from '../ports/jobs.ts';

/** Makes the report of a period and queues it for its recipients. Repeatable: a period is reported once. */
export type MakeReport = (order: {
  readonly label: string;
  readonly late: boolean;
}) => Promise<unknown>;

export interface ReportJobSettings {
  readonly schedule: string;
  readonly zone: string;
  readonly make: MakeReport;
}

/** The report of the ISO week that ended before the slot. Weeks that were missed are made up for, each one. */
export function weeklyReportJob({ schedule, zone, make }: ReportJobSettings): Job {
  return {
    name: 'weekly-report',
    spec: {
      schedule: parseCron(schedule),
      zone,
      catchUp: 'each',
      maxAgeUs: 35 * MICROS_PER_DAY,
      firstLookBackUs: 0,
      maxAttempts: 10,
    },
    run: async ({ slot, late }) => {
      await make({ label: weekBefore(slot, zone), late });
    },
  };
}

/** The checkpoint's report: on the first day of each quarter, an hour after the week's, for the one that ended. */
export function checkpointReportJob({ zone, make }: Omit<ReportJobSettings, 'schedule'>): Job {
  return {
    name: 'checkpoint-report',
    spec: {
      schedule: parseCron('0 10 1 1,4,7,10 *'),
      zone,
      catchUp: 'newest',
      maxAgeUs: 90 * MICROS_PER_DAY,
      firstLookBackUs: 0,
      maxAttempts: 10,
    },
    run: async ({ slot, late }) => {
      await make({ label: windowBefore(quarterWindow(slot, zone), zone).label, late });
    },
  };
}

function weekBefore(slot: EpochMicros, zone: string): string {
  return windowBefore(weekWindow(slot, zone), zone).label;
}
