import { z } from 'zod';
import { parseCron } from '../../core/cron-schedule.ts';
import { text } from '../scalars.ts';

const WEEKLY = '0 9 * * 1';

export const reportKeys = {
  report: z
    .strictObject({
      schedule: text
        .superRefine((schedule, context) => {
          const message = scheduleProblem(schedule);
          if (message !== null) context.addIssue({ code: 'custom', message });
        })
        .default(WEEKLY)
        .describe('Minute, hour, day, month, weekday, on the clocks of `timezone`.'),
      to: z
        .array(
          z.string().regex(/^[^@\s]+@[^@\s]+$|^.+<[^@\s]+@[^@\s]+>$/, 'write an email address'),
        )
        .min(1, 'name at least one address')
        .optional()
        .describe('Default: the addresses of channels.email.'),
    })
    .optional()
    .describe('The weekly report by email.'),
};

export interface ReportConfig {
  /** Five fields of cron. */
  readonly schedule: string;
  /** Empty: the report is made, and shown on the dashboard, but not sent. */
  readonly to: readonly string[];
}

export function reportConfig(
  input: z.output<typeof reportKeys.report>,
  emailTo: readonly string[],
): ReportConfig {
  return { schedule: input?.schedule ?? WEEKLY, to: input?.to ?? emailTo };
}

function scheduleProblem(schedule: string): string | null {
  try {
    parseCron(schedule);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
