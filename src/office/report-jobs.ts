import {
  reportChannel,
  reportChannelName,
  reportNotice,
} from '../../alerts/weekly-report/report-channel.ts';
import type { Config } from '../config/config.ts';
import { checkpointReportJob, type MakeReport, weeklyReportJob } from '../jobs/report.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { queueNotice } from '../ledger/queries/alerts.ts';
import type { Channel } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Job } from '../ports/jobs.ts';
import { reportSender } from '../wiring/report-sender.ts';
import type { Reports } from '../wiring/reports-of.ts';

export interface ReportJobParts {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly clock: Clock;
  readonly reports: Reports;
}

export interface ReportJobs {
  readonly jobs: readonly Job[];
  /** For the outbox: one for each recipient. */
  readonly channels: readonly Channel[];
}

/**
 * Reports on schedule. A slot makes the report, keeps it and queues it; the outbox delivers what was kept, so a
 * second attempt sends the same figures under the same Message-ID. @throws Error when a secret is missing.
 */
export function reportJobs({ ledger, config, clock, reports }: ReportJobParts): ReportJobs {
  const sender = reportSender(config);
  const recipients = [...new Set(sender?.recipients ?? [])];
  const make: MakeReport = async ({ label, late }) => {
    const now = clock.now();
    const report = await reports.keep({ label, late, now });
    await queueNotice(ledger.db, reportNotice(report, now), recipients.map(reportChannelName));
  };
  const { timezone: zone } = config;
  return {
    jobs: [
      weeklyReportJob({ schedule: config.report.schedule, zone, make }),
      checkpointReportJob({ zone, make }),
    ],
    channels:
      sender === null
        ? []
        : recipients.map((to) =>
            reportChannel({
              to,
              read: (period) => reports.read(period, clock.now()),
              send: sender.send,
            }),
          ),
  };
}
